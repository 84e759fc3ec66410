import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { convcost } from "../cli/run.js";
import { hasReference, readReference } from "./reference.js";

/** What PyTorch 2.13 gave for one call of the program (`cases.json`). Totals by their names, and what else is asked. */
interface Case {
  readonly id: string;
  readonly kind: string;
  readonly why: string;
  readonly file: string;
  readonly argv: readonly string[];
  readonly expect: Readonly<Record<string, unknown>>;
}

const CASES = "torch2/cases.json";
/** Kinds that are tried here; the others have tests of their own beside their readers. */
const KINDS = /^pt2-/;

const isCase = (value: unknown): value is Case =>
  typeof value === "object" && value !== null && "kind" in value && "argv" in value && "expect" in value;
const record = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === "object" && value !== null ? { ...value } : {});

function cases(): readonly Case[] {
  const read = hasReference(CASES) ? readReference(CASES) : [];
  return Array.isArray(read) ? read.filter(isCase).filter(({ kind }) => KINDS.test(kind)) : [];
}

/** Runs a case as the command line would, its file beside it. */
async function outcome({ file, argv }: Case) {
  const bytes = new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../shared/reference/torch2/${file}`, import.meta.url))));
  const { code, stdout, stderr } = await convcost(argv, { files: { [file]: { type: "file", bytes } } });
  return { code, stderr, printed: argv.includes("--json") ? record(JSON.parse(stdout)) : {} };
}

/** What was printed under the names of what is expected. */
function found(expected: Case["expect"], code: number, printed: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const totals = record(printed["totals"]);
  const outputs = Array.isArray(printed["outputs"]) ? printed["outputs"].map((output) => record(output)["shape"]) : [];
  const special: Readonly<Record<string, unknown>> = { exit: code, partial: printed["partial"], outputs };
  return Object.fromEntries(Object.keys(expected).map((name) => [name, name in special ? special[name] : totals[name]]));
}

// Skips without ../shared.
describe.skipIf(!hasReference(CASES))("archives of torch.export by PyTorch 2.13", () => {
  it.each(cases().map((each) => [each.id, each] as const))("%s", async (_, given) => {
    const { note, ...expected } = given.expect;
    const { code, stderr, printed } = await outcome(given);
    expect(found(expected, code, printed), `${given.why}\n${stderr}`).toEqual(expected);
    expect(code === 70, String(note)).toBe(false);
  });

  it("run_decompositions() leaves no weight among the activations", async () => {
    const given = cases().find(({ id }) => id === "pt2-decomp-constant-row");
    if (given === undefined) throw new Error("the case is not in the file");
    const { printed } = await outcome(given);
    const layers = Array.isArray(printed["layers"]) ? printed["layers"].map(record) : [];
    expect(layers.filter(({ op }) => op === "constant")).toEqual([]);
    expect(layers.filter(({ params }) => params !== 0).every(({ op }) => op === "linear")).toBe(true);
  });
});

/** What each tool itself reported of torchvision's resnet18 at 1x3x224x224 (torchvision.json). */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  thop: ["thop", "macs"],
  ptflops: ["ptflops_pytorch", "macs"],
  "ptflops-modules": ["ptflops_pytorch_nofunctional", "macs"],
  "ptflops-aten": ["ptflops_aten", "macs"],
  fvcore: ["fvcore", "flops"],
  torchinfo: ["torchinfo", "total_mult_adds"],
  calflops: ["calflops", "flops"],
};

// The archive says what was a module and what a function, so that the tools' figures are those of the running model.
describe.skipIf(!hasReference(CASES) || !hasReference("torchvision.json"))("resnet18 as an archive, at another size than its example", () => {
  const file = "pass-dyn-hw-resnet18.pt2";
  const figures = () => record(record(record(readReference("torchvision.json"))["models"])["resnet18"]);
  const run = (...flags: readonly string[]) =>
    outcome({ id: "", kind: "", why: "", expect: {}, file, argv: ["count", file, "--input", "1x3x224x224", ...flags, "--json"] });

  it("has the parameters, buffers and multiply-adds of the model", async () => {
    const { params, buffers, macs } = figures();
    expect(record((await run()).printed["totals"])).toMatchObject({ params, buffers, macs });
  });

  it.each(Object.entries(TOOLS))("%s", async (convention, [tool = "", key = ""]) => {
    const { printed } = await run("--convention", convention);
    expect(record(printed["totals"])["counted"]).toBe(record(figures()[tool])[key]);
  });
});

describe.skipIf(!hasReference(CASES))("a module that tools count as a whole", () => {
  it.each([
    ["pass-transformer.pt2", true],
    ["pass-own-convs.pt2", false],
  ])("stands in pieces in %s: %s", async (file, isSaid) => {
    const argv = ["count", file, "--convention", "thop", "--json"];
    const { stderr, printed } = await outcome({ id: "", kind: "", why: "", expect: {}, file, argv });
    expect((stderr + JSON.stringify(printed)).includes("stand as their operators in this file")).toBe(isSaid);
  });
});
