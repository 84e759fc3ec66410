import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

// The code cache of the real command, in a copy of the package: whatever is in it, the program says the same.
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ARGS = ["count", "conv 3x3 3->8 @8x8", "--json"];
/** 8x8 outputs of 8 channels, 3*9 taps each. */
const MACS = 8 * 8 * 8 * 27;

let folder = "";
let home = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "convcost-cache-"));
  home = join(folder, "package");
  for (const part of ["bin", "dist/cli", "package.json"]) cpSync(join(ROOT, part), join(home, part), { recursive: true });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  rmSync(join(home, "dist/cache"), { recursive: true, force: true });
});

const command = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [join(home, "bin/convcost.js"), ...args], { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "", ...env } });

function expectMacs({ status, stdout, stderr }: ReturnType<typeof command>): void {
  expect([status, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({ totals: { macs: MACS } });
}

/** The folder of the one Node that has run. */
function cacheFolder(): string {
  const [only, ...others] = readdirSync(join(home, "dist/cache"));
  if (only === undefined || others.length > 0) throw new Error("one folder was expected");
  return join(home, "dist/cache", only);
}

const mainCache = () => join(cacheFolder(), "main.bin");

describe("the code cache", () => {
  it("is written by the first run, whole, and read by the next", () => {
    expectMacs(command(ARGS));
    const files = readdirSync(cacheFolder());
    expect(files).toContain("main.bin");
    expect(files.filter((name) => !name.endsWith(".bin"))).toEqual([]);
    const before = readFileSync(mainCache());
    expectMacs(command(ARGS));
    expect(readFileSync(mainCache()).equals(before)).toBe(true);
  });

  const damages: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
    ["empty", () => Buffer.alloc(0)],
    ["cut off", (bytes) => bytes.subarray(0, bytes.length - 1000)],
    ["cut off within the source", (bytes) => bytes.subarray(0, 1000)],
    ["one byte longer", (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ["zeros", (bytes) => Buffer.alloc(bytes.length)],
    ["a byte of the code turned", (bytes) => turned(bytes, bytes.length - 5000)],
    ["a byte of the source turned", (bytes) => turned(bytes, 5000)],
    ["of another pack", () => readFileSync(join(cacheFolder(), "report-table.bin"))],
    ["of another version of V8", (bytes) => foreign(bytes)],
  ];

  it.each(damages)("is not harmful when it is %s", (_, damage) => {
    expectMacs(command(ARGS));
    const whole = readFileSync(mainCache());
    writeFileSync(mainCache(), damage(whole));
    expectMacs(command(ARGS));
    expectMacs(command(ARGS));
    // It is made anew: the source, and the head of the code, whose version V8 looks at.
    const head = (bytes: Buffer) => bytes.subarray(0, readFileSync(join(home, "dist/cli/main.cjs")).length + 8);
    expect(head(readFileSync(mainCache())).equals(head(whole))).toBe(true);
  });

  it("of what a later run needs besides is written by itself: the rest does not grow with every command", () => {
    expectMacs(command(ARGS));
    const before = readFileSync(mainCache());
    const known = readdirSync(cacheFolder());
    expect(command(["conventions"]).status).toBe(0);
    expect(readFileSync(mainCache()).equals(before)).toBe(true);
    expect(readdirSync(cacheFolder()).filter((name) => !known.includes(name))).toContain("commands-conventions.bin");
  });

  it("is never taken for a program that was changed since, though it is as long", () => {
    expectMacs(command(ARGS));
    const main = join(home, "dist/cli/main.cjs");
    const source = readFileSync(main, "latin1");
    const other = source.replaceAll("convcost/analysis@1", "convcost/analysis@7");
    expect(other).not.toBe(source);
    try {
      writeFileSync(main, other, "latin1");
      expect(JSON.parse(command(ARGS).stdout)).toMatchObject({ schema: "convcost/analysis@7" });
    } finally {
      writeFileSync(main, source, "latin1");
    }
    expect(JSON.parse(command(ARGS).stdout)).toMatchObject({ schema: "convcost/analysis@1" });
  });

  it("is done without where its folder cannot be made", () => {
    // A file in its place: root, who runs tests in containers, may write into any folder.
    writeFileSync(join(home, "dist/cache"), "");
    try {
      expectMacs(command(ARGS));
      expect(readFileSync(join(home, "dist/cache"), "utf8")).toBe("");
    } finally {
      rmSync(join(home, "dist/cache"));
    }
  });

  it("is done without where a folder has the name of its file", () => {
    command(ARGS);
    const main = mainCache();
    rmSync(main);
    mkdirSync(main);
    expectMacs(command(ARGS));
    expect(readdirSync(cacheFolder()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("is neither read nor written with NODE_DISABLE_COMPILE_CACHE", () => {
    expectMacs(command(ARGS, { NODE_DISABLE_COMPILE_CACHE: "1" }));
    expect(readdirSync(join(home, "dist"))).toEqual(["cli"]);
  });

  it("is not written by a Node with flags, which change what V8 compiles", () => {
    expectMacs(command(ARGS, { NODE_OPTIONS: "--max-old-space-size=512" }));
    expect(readdirSync(join(home, "dist"))).toEqual(["cli"]);
  });

  it("is written by several first runs at once, and whole", async () => {
    const runs = Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, [join(home, "bin/convcost.js"), ...ARGS], { stdio: ["ignore", "pipe", "inherit"] });
      let text = "";
      child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
      await new Promise((resolve) => child.on("close", resolve));
      return text;
    });
    for (const text of await Promise.all(runs)) expect(JSON.parse(text)).toMatchObject({ totals: { macs: MACS } });
    expect(readdirSync(cacheFolder()).filter((name) => !name.endsWith(".bin"))).toEqual([]);
    expectMacs(command(ARGS));
  });

  it("does not change how a run that failed ends", () => {
    const check = ["check", "conv 3x3 3->8 @8x8", "--max-macs", "1"];
    expect([command(check).status, command(check).status]).toEqual([1, 1]);
    const wrong = ["count", "nonsuch"];
    rmSync(join(home, "dist/cache"), { recursive: true });
    expect([command(wrong).status, command(wrong).status]).toEqual([2, 2]);
  });
});

describe("the packs", () => {
  it("are ASCII: their loader takes a byte for a character", () => {
    const packs = readdirSync(join(home, "dist/cli")).filter((name) => name.endsWith(".cjs"));
    expect(packs).toContain("main.cjs");
    expect(packs.filter((name) => readFileSync(join(home, "dist/cli", name)).some((byte) => byte > 127))).toEqual([]);
  });

  it("know the characters that are not: 2×(relu)", () => {
    expect(JSON.parse(command(["count", "2×(relu)", "--input", "1×4", "--json"]).stdout)).toMatchObject({ totals: { layers: 2 } });
  });
});

function turned(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(255 - copy.readUInt8(at), at);
  return copy;
}

/** The same code as another V8 would have written it, both copies: its version stands in the second word of the code's head. */
function foreign(bytes: Buffer): Buffer {
  const { length } = readFileSync(join(home, "dist/cli/main.cjs"));
  const size = (bytes.length - length) / 2;
  return turned(turned(bytes, length + 4), length + size + 4);
}
