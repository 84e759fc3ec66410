import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

// Real processes whose reader goes away, whose disk is full, or that are told to end.
const BIN = fileURLToPath(new URL("../../bin/convcost.js", import.meta.url));
const COMMAND = `"${process.execPath}" "${BIN}"`;
/** More points than a test lives long enough to see. */
const ENDLESS = "sweep net.yaml --set width=1..1000000 --set size=1..1000000 --format csv";
const REQUEST = '{"spec": "conv 3x3 3->8 @8x8"}';
const FULL = "/dev/full";

let folder = "";
let out = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "convcost-interrupted-"));
  writeFileSync(join(folder, "net.yaml"), 'name: net\nparameters: { width: 1, size: 1 }\ninput: [3, "{size}"]\nlayers: conv1d 3 {width}\n');
  writeFileSync(join(folder, "requests.jsonl"), `${REQUEST}\n`.repeat(3000));
});
beforeEach(() => {
  out = mkdtempSync(join(folder, "out-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const bash = (script: string) => spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8", timeout: 60_000 });

/** Commands that print more than a pipe holds. */
const LONG: readonly (readonly [what: string, argv: string])[] = [
  ["a table", `count "1000*(conv 3x3 8->8)" --input 8x8x8`],
  ["JSON of a long chain", `count "5000*(relu)" --input 1x4 --json`],
  ["CSV", `count "5000*(relu)" --input 1x4 --format csv`],
  ["a sweep", ENDLESS],
  ["a sweep on two cores", `${ENDLESS} --jobs 2`],
  ["a batch", "batch requests.jsonl"],
  ["a batch on two cores", "batch requests.jsonl --jobs 2"],
  ["-o /dev/stdout", `count "5000*(relu)" --input 1x4 --json -o /dev/stdout`],
];

describe("a reader that goes away", () => {
  it.each(LONG)("ends %s quietly", (_, argv) => {
    const { stdout, stderr } = bash(`${COMMAND} ${argv} | head -n 1; echo "\${PIPESTATUS[0]}"`);
    const [first = "", code] = stdout.trimEnd().split("\n");
    expect([first === "", code, stderr]).toEqual([false, "0", ""]);
  });

  it("leaves nothing of a file that is being written, where it read standard error", () => {
    // A sweep that warns has its file open until then; a closed standard error ends it before, or the file is whole.
    const { status } = bash(`set -o pipefail; ${COMMAND} batch requests.jsonl -o "${out}/a.jsonl" 2> >(true)`);
    expect(status).toBe(0);
    expect(readdirSync(out)).toEqual(["a.jsonl"]);
  });
});

describe.skipIf(!existsSync(FULL))("a full disk", () => {
  const short: readonly (readonly [what: string, argv: string])[] = [
    ["a layer", "count relu --input 4"],
    ["JSON", "count relu --input 4 --json"],
    ["the help", "--help"],
    ["a check that fails", `check "conv 3x3 3->8 @8x8" --max-macs 1`],
    ["a sweep", "sweep net.yaml --set width=1,2"],
    ["a sweep on two cores", `${ENDLESS} --jobs 2`],
    ["a batch", "batch requests.jsonl"],
    ["a batch on two cores", "batch requests.jsonl --jobs 2"],
  ];

  it.each(short)("is told of %s on standard output", (_, argv) => {
    const { status, stderr } = bash(`${COMMAND} ${argv} > ${FULL}`);
    expect([status, stderr]).toEqual([2, "error: standard output cannot be written (ENOSPC)\n"]);
  });

  it.each(short.filter(([what]) => what !== "the help"))("is told of %s under -o", (_, argv) => {
    const { status, stdout, stderr } = bash(`${COMMAND} ${argv} -o ${FULL}`);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: \/dev\/full: this file cannot be written \(ENOSPC\)\n/);
  });

  it("is no bug where nothing can be said of it", () => {
    expect(bash(`${COMMAND} count relu --input 4 > ${FULL} 2> ${FULL}`).status).toBe(2);
    expect(bash(`${COMMAND} count nonsuch 2> ${FULL}`).status).toBe(2);
  });

  // A limit on the size of files is met as a full disk is: writing fails in the middle.
  it.each([
    ["count", `count "5000*(relu)" --input 1x4 --json`],
    ["sweep", ENDLESS],
    ["sweep on two cores", `${ENDLESS} --jobs 2`],
    ["batch", "batch requests.jsonl"],
    ["batch on two cores", "batch requests.jsonl --jobs 2"],
  ])("in the middle leaves the old file, and nothing beside it: %s", (_, argv) => {
    writeFileSync(join(out, "result"), "old");
    const { status, stdout, stderr } = bash(`ulimit -f 16; ${COMMAND} ${argv} -o "${out}/result"`);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: .*: this file cannot be written \(EFBIG\)\n/);
    expect(readdirSync(out)).toEqual(["result"]);
    expect(readFileSync(join(out, "result"), "utf8")).toBe("old");
  });
});

const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const;

/** Processes of a group that still run. */
function alive(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a command in a group of its own, sends its group a signal once it is at work, as a terminal does, and waits for its end. */
async function interrupted(argv: string, signal: NodeJS.Signals, atWork: (stdout: string) => boolean) {
  // The shell says what it makes of the end: 128 and the number of the signal.
  const child = spawn("bash", ["-c", `trap : INT TERM; ${COMMAND} ${argv} < <(yes '${REQUEST}'); echo "code $?" >&2`], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = child.pid ?? 0;
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += stdout.length < 1000 ? chunk.toString() : ""));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = new Promise((resolve) => child.on("close", resolve));
  while (!atWork(stdout)) await new Promise((resolve) => setTimeout(resolve, 20));
  process.kill(-group, signal);
  await closed;
  for (let tries = 0; alive(group) && tries < 500; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  return { stderr, group };
}

describe.each(SIGNALS)("%s", (signal, code) => {
  const commands = [
    ["sweep", ENDLESS],
    ["sweep --jobs 2", `${ENDLESS} --jobs 2`],
    ["batch", "batch"],
    ["batch --jobs 2", "batch --jobs 2"],
  ] as const;

  it.each(commands)(`ends %s with ${code}, and its workers`, async (_, argv) => {
    const { stderr, group } = await interrupted(argv, signal, (stdout) => stdout !== "");
    expect(stderr.split("\n").filter((line) => /^code|error|bug/.test(line))).toEqual([`code ${code}`]);
    expect(alive(group)).toBe(false);
  });

  it.each(commands)(`ends %s -o with ${code}, its workers, and what it had written`, async (_, argv) => {
    const path = join(out, "result");
    writeFileSync(path, "old");
    const grown = () => readdirSync(out).some((name) => name !== "result" && readFileSync(join(out, name)).length > 0);
    const { stderr, group } = await interrupted(`${argv} -o "${path}"`, signal, grown);
    expect(stderr.split("\n").filter((line) => /^code|error|bug/.test(line))).toEqual([`code ${code}`]);
    expect(alive(group)).toBe(false);
    expect(readdirSync(out)).toEqual(["result"]);
    expect(readFileSync(path, "utf8")).toBe("old");
  });
});
