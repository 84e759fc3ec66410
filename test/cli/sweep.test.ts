import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { convcost, file } from "./run.js";

const BIN = fileURLToPath(new URL("../../bin/convcost.js", import.meta.url));
const NET = "parameters: {c: 8, k: 1, act: relu}\ninput: [4, 4, 4]\nlayers: conv {k}x{k} {c}; {act}\n";
const setting = { files: { "net.yaml": file(NET) } };

interface Row {
  readonly set: Readonly<Record<string, unknown>>;
  readonly macs?: number;
}

function rowOf(line: string): Row {
  const data: unknown = JSON.parse(line);
  if (typeof data !== "object" || data === null || !("set" in data)) throw new Error(`no row: ${line}`);
  const { set } = data;
  const macs = "macs" in data && typeof data.macs === "number" ? data.macs : undefined;
  return { set: Object.fromEntries(Object.entries(typeof set === "object" && set !== null ? set : {})), ...(macs === undefined ? {} : { macs }) };
}

async function rows(...flags: readonly string[]): Promise<readonly Row[]> {
  const { stdout } = await convcost(["sweep", "net.yaml", "--json", ...flags], setting);
  return stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map(rowOf);
}

/** Multiply-adds of the test's network: 16 positions, 4 channels in. */
const macs = (c: number, k = 1) => 16 * 4 * c * k * k;

describe("sweep", () => {
  it.each([
    ["csv", 2],
    ["markdown", 3],
    ["table", 3],
  ])("writes the first row of %s at once, with what stands before it", async (format, lines) => {
    const writes: string[] = [];
    // The clock of the test stands still: what waits for company would wait to the end.
    await convcost(["sweep", "net.yaml", "--set", "c=8..200:1", "--format", format], { ...setting, onWrite: (text) => writes.push(text) });
    expect(writes[0]?.trimEnd().split("\n")).toHaveLength(lines);
    expect(writes[0]).toContain(String(macs(8)));
  });

  it("goes through the grid, the last axis fastest", async () => {
    const found = await rows("--set", "c=8,16", "--set", "k=1..5:2");
    expect(found.map(({ set }) => [set["c"], set["k"]])).toEqual([
      [8, 1],
      [8, 3],
      [8, 5],
      [16, 1],
      [16, 3],
      [16, 5],
    ]);
    expect(found.map((row) => row.macs)).toEqual([8, 16].flatMap((c) => [1, 3, 5].map((k) => macs(c, k))));
  });

  it.each([
    ["c=1..3", [1, 2, 3]],
    ["c=3..1", [3, 2, 1]],
    ["c=8,10..12,2", [8, 10, 11, 12, 2]],
    ["c=4..9:2", [4, 6, 8]],
    ["c=5", [5]],
  ])("--set %s", async (set, values) => {
    expect((await rows("--set", set)).map((row) => row.set["c"])).toEqual(values);
  });

  it("steps of a tenth arrive at their end", async () => {
    const { stdout } = await convcost(["sweep", "zoo:mobilenet_v1", "--set", "alpha=0.1..1:0.1", "--format", "csv", "--columns", "params"]);
    const alphas = stdout.split("\r\n").slice(1, -1);
    expect(alphas.map((line) => line.split(",")[0])).toEqual(["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"]);
  });

  it("texts are an axis too", async () => {
    expect((await rows("--set", "act=relu,sigmoid")).map((row) => row.set["act"])).toEqual(["relu", "sigmoid"]);
  });

  it.each([
    ["macs < 2K", [8, 16]],
    ["macs <= 1024 and c > 8", [16]],
    ["c in [16, 64] or macs == 512", [8, 16, 64]],
    ["weights > 0.5KiB", [64]],
    ["not c < 64", [64]],
  ])("--where %s", async (where, values) => {
    expect((await rows("--set", "c=8,16,64", "--where", where)).map((row) => row.set["c"])).toEqual(values);
  });

  it("--where and --pareto tell figures apart beyond 2^53", async () => {
    // Of two linear layers one makes more than 2^53 multiply-adds, the other 1 or 2.
    const net =
      "parameters: {c: 1}\ninputs: {x: [1, 1], y: [134217727, 1]}\nlayers:\n  - from: x\n  - linear {c}\n  - from: y\n  - linear 67108865\n";
    const files = { files: { "net.yaml": file(net) } };
    const sweep = async (...flags: readonly string[]) => (await convcost(["sweep", "net.yaml", "--set", "c=1,2", "--json", ...flags], files)).stdout;
    const most = (c: number) => 134217727n * 67108865n + BigInt(c);
    const macsOf = (text: string) => [...text.matchAll(/"macs": ?(\d+)/g)].map(([, digits]) => digits);
    expect(macsOf(await sweep())).toEqual([1, 2].map((c) => String(most(c))));
    expect(macsOf(await sweep("--where", `macs < ${most(2)}`))).toEqual([String(most(1))]);
    expect(macsOf(await sweep("--where", `macs == ${most(2)}`))).toEqual([String(most(2))]);
    expect(macsOf(await sweep("--where", `macs - 1 == ${most(1)}`))).toEqual([String(most(2))]);
    expect(macsOf(await sweep("--pareto", "macs"))).toEqual([String(most(1))]);
  });

  it("--sort, from the largest and from the smallest, and --top", async () => {
    const sorted = async (...flags: string[]) => (await rows("--set", "c=16,8,64", ...flags)).map((row) => row.set["c"]);
    expect(await sorted("--sort", "macs")).toEqual([64, 16, 8]);
    expect(await sorted("--sort=-macs")).toEqual([8, 16, 64]);
    expect(await sorted("--sort", "c", "--top", "1")).toEqual([64]);
    expect(await sorted("--top", "2")).toEqual([16, 8]);
  });

  it("--pareto keeps what nothing beats, in the order of the grid", async () => {
    // Of the points of equal k * k * c the wider kernel is better where k is a goal: (9, 3) beats (81, 1).
    const found = await rows("--set", "c=1,9,81", "--set", "k=1,3,9", "--pareto", "macs,+k");
    const all = [1, 9, 81].flatMap((c) => [1, 3, 9].map((k) => ({ c, k, macs: macs(c, k) })));
    const front = all.filter((a) => !all.some((b) => b.macs <= a.macs && b.k >= a.k && (b.macs < a.macs || b.k > a.k)));
    expect(found.map(({ set }) => set)).toEqual(front.map(({ c, k }) => ({ c, k })));
    expect(front).toHaveLength(3);
  });

  it("a point that makes no model is a row with its reason, and a warning", async () => {
    const { code, stdout, stderr } = await convcost(["sweep", "net.yaml", "--set", "c=0,8", "--json"], setting);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\{.*"error": ".*too small"/);
    expect(stderr).toContain("1 of 2 points make no model");
  });

  it.each([
    [["--set", "d=1,2"], /no parameter 'd'/],
    [["--set", "c=1,wide"], /^error: --set: .* is set to wide, which is a text/],
    [["--set", "c=1e999"], /1e999 is too large a number/],
    [["--set", "c=1..2,9e999"], /9e999 is too large a number/],
    [["--set", "variant=a"], /has no variant 'a'/],
    [["--set", "c=9..1:1"], /never arrives/],
    [["--set", "c=1..9:0"], /never arrives/],
    [["--set", "c="], /there is no value/],
    [["--set", "c=1,,2"], /a value is missing/],
    [["--set", "c=1", "--set", "c=2"], /c is set twice/],
    [["--set", "c=1", "--where", "mac < 3"], /no 'mac' to filter by\n.*\nhint: did you mean macs\?/],
    [["--set", "c=1", "--where", "macs <"], /--where: /],
    [["--set", "c=1", "--sort", "size"], /no figure 'size'/],
    [["--set", "c=1", "--pareto", "macs,depth"], /no figure 'depth'/],
    [["--set", "c=1", "--columns", "depth"], /no figure 'depth'/],
    [["--set", "c=0"], /no point of the grid makes a model/],
    [[], /--set/],
  ])("%j is refused", async (flags, message) => {
    const { code, stderr } = await convcost(["sweep", "net.yaml", ...flags], setting);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("layers are no network", async () => {
    const { code, stderr } = await convcost(["sweep", "conv 3x3 3->8", "--set", "c=1"]);
    expect(code).toBe(2);
    expect(stderr).toContain("layers have no parameters to vary");
  });

  it("writes a file whole", async () => {
    const { stdout, written } = await convcost(["sweep", "net.yaml", "--set", "c=8,16", "--format", "csv", "-o", "out.csv"], setting);
    expect(stdout).toBe("");
    expect(written.get("out.csv")?.split("\r\n")).toHaveLength(4);
  });

  it("a table's numbers stand on the right", async () => {
    const { stdout } = await convcost(["sweep", "net.yaml", "--set", "c=8,1024"], setting);
    const [titles, units, ...lines] = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(units).toMatch(/^ +K/);
    expect(new Set([titles, ...lines].map((line) => line?.length)).size).toBe(1);
  });

  it("Markdown has a cell for every column", async () => {
    const { stdout } = await convcost(
      ["sweep", "net.yaml", "--set", "c=0,8", "--set", "k=1,3", "--format", "markdown", "--columns", "macs,params"],
      setting,
    );
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    for (const line of lines.filter((text) => !text.includes("too small"))) expect(line.match(/\|/g)).toHaveLength(5);
  });
});

describe("the real command", () => {
  const sweep = (...flags: readonly string[]) =>
    execFileSync(
      process.execPath,
      [BIN, "sweep", "zoo:mobilenet_v1", "--set", "alpha=0.25..1:0.25", "--set", "resolution=32..192:1", "--json", ...flags],
      {
        encoding: "utf8",
      },
    );

  it("gives the same rows on several cores", () => {
    expect(sweep("--jobs", "3")).toBe(sweep());
  });

  it("ends quietly, workers and all, when its reader goes away", () => {
    const command = `"${process.execPath}" "${BIN}" sweep zoo:mobilenet_v1 --set alpha=0.1..1:0.0001 --set resolution=32..224 --json --jobs 2 | head -n 2`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8", timeout: 20_000 });
    expect(stdout.trim().split("\n")).toHaveLength(2);
    expect(stderr).toBe("");
  });
});
