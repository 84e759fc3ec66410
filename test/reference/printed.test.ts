import { describe, expect, it } from "vitest";
import { analyze } from "../../src/index.js";
import { readPrinted } from "../../src/read/torch/read.js";
import { isPrinted } from "../../src/read/torch/tree.js";
import { convcost } from "../cli/run.js";
import { hasReference, readReference, readReferenceText } from "./reference.js";

interface Case {
  readonly id: string;
  readonly text: string;
  readonly argv: readonly string[];
  readonly expect: Readonly<Record<string, unknown>>;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function cases(file: string, kinds: RegExp): readonly Case[] {
  if (!hasReference(file)) return [];
  return list(readReference(file)).flatMap((row): Case[] => {
    if (!isObject(row) || typeof row["id"] !== "string" || !isObject(row["expect"]) || !kinds.test(`${row["id"]} ${String(row["kind"])}`)) return [];
    const files = isObject(row["files"]) ? Object.values(row["files"]) : [];
    const [text] = typeof row["file"] === "string" ? [readReferenceText(`torch2/${row["file"]}`)] : files;
    return typeof text === "string" ? [{ id: row["id"], text, argv: list(row["argv"]).map(String), expect: row["expect"] }] : [];
  });
}

function inputOf(argv: readonly string[]): string | undefined {
  const at = argv.indexOf("--input");
  return at < 0 ? undefined : argv[at + 1];
}

const TORCH2 = cases("torch2/cases.json", /print-/);
const REPORTS = cases("reports/reports.json", /printed-|tied|cosine|mamba-print|rezero-print/);

describe.skipIf(!hasReference("torch2/cases.json"))(
  "printed models of PyTorch 2.13, and of public reports (skipped where ../shared is not there)",
  () => {
    it("are there", () => {
      expect([TORCH2.length, REPORTS.length]).toEqual([27, 24]);
    });

    it.each([...TORCH2, ...REPORTS].map((each) => [each.id, each] as const))("%s", (_, { text, argv, expect: expected }) => {
      expect(isPrinted(text)).toBe(true);
      const input = inputOf(argv);
      const { totals, warnings } = analyze(readPrinted(text, { input }), { input });
      for (const figure of ["params", "buffers"] as const)
        if (typeof expected[figure] === "number") expect([figure, totals[figure]]).toEqual([figure, BigInt(expected[figure])]);
      if (expected["noUnknownParams"] === true) expect(totals.lowerBounds).not.toContain("params");
      if (typeof expected["warns"] === "string") expect(warnings.join()).toContain(expected["warns"]);
    });
  },
);

const FILES = "reports/files/";

// reports/peers.json: what PyTorch counts of the models whose prints are there.
describe.skipIf(!hasReference("reports/peers.json"))("printed models beside the tools (skipped where ../shared is not there)", () => {
  const body = (lines: string) => `M(\n  (l): ModuleList(\n    ${lines}\n  )\n)\n`;
  it.each([
    ["P1", body("(0): Linear(in_features=10, out_features=10, bias=True)\n    (1): Linear(in_features=10, out_features=20, bias=True)"), 330n],
    ["P1b", body("(0-1): 2 x Linear(in_features=10, out_features=10, bias=True)\n    (2): Linear(in_features=10, out_features=20, bias=True)"), 440n],
    ["P1c", readReferenceText(`${FILES}tenc.txt`), 28816n],
    ["P1f", readReferenceText(`${FILES}tdec.txt`), 13856n],
    // 80 + 208 + 392 + 600, by the formula of a convolution.
    ["splitbranch", readReferenceText(`${FILES}splitbranch.txt`), BigInt(8 * 9 + 8 + 8 * 25 + 8 + 8 * 49 + 8 + 24 * 24 + 24)],
  ])("%s", (_, text, params) => {
    expect(analyze(readPrinted(text)).totals.params).toBe(params);
  });

  it("D1: what MultiheadAttention does not print is said", () => {
    expect(analyze(readPrinted(readReferenceText(`${FILES}tenc.txt`))).warnings.join()).toContain("neither kdim and vdim nor add_bias_kv");
  });

  it("D2: so is AvgPool's ceil_mode", () => {
    const input = "2x7x101";
    const { warnings, partial } = analyze(readPrinted(readReferenceText(`${FILES}one_d.txt`), { input }), { input });
    expect([warnings.join().includes("AvgPool1d does not print ceil_mode"), partial]).toEqual([true, false]);
  });

  it("D3: a module that prints nothing has parameters that are not known", async () => {
    const { stdout, code } = await convcost(["count", "-", "--json"], { stdin: "Ein()\n" });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      partial: true,
      uncounted: [{ op: "Ein", count: 1 }],
    });
    expect(analyze(readPrinted("Ein()")).totals.lowerBounds).toContain("params");
  });
});
