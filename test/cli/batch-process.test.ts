import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// batch as processes: what tests on handed-in streams cannot see.
const BIN = fileURLToPath(new URL("../../bin/convcost.js", import.meta.url));
const COMMAND = `"${process.execPath}" "${BIN}" batch`;
const has = (program: string) => spawnSync(program, ["--version"]).status === 0;
const REQUESTS = Array.from({ length: 60 }, (_, index) =>
  index % 10 === 9 ? `{"id": ${index}, "spec": "conv 3y3 8"}` : `{"id": ${index}, "spec": "conv 3x3 ${index + 1}->8 @8x8"}`,
);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "convcost-batch-"));
  writeFileSync(join(folder, "requests.jsonl"), REQUESTS.map((line) => `${line}\n`).join(""));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const shell = (script: string) => spawnSync("bash", ["-o", "pipefail", "-c", script], { cwd: folder, encoding: "utf8", timeout: 60_000 });

/** Id and multiply-adds of each answer: 8x8 outputs of 8 channels, 9 taps of each input channel. */
const WANTED = REQUESTS.map((_, index) => [index, index % 10 === 9 ? undefined : 64 * 8 * 9 * (index + 1)]);
function answers(text: string): readonly (readonly [number, number | undefined])[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const macs = /"totals": .*?"macs": (\d+)/.exec(line)?.[1];
      return [Number(/"id": (\d+)/.exec(line)?.[1]), macs === undefined ? undefined : Number(macs)] as const;
    });
}

describe("batch as a process", () => {
  it("answers standard input and files alike, on one core or several, byte by byte", () => {
    const piped = shell(`${COMMAND} < requests.jsonl`);
    expect(piped.status).toBe(0);
    expect(answers(piped.stdout)).toEqual(WANTED);
    expect(shell(`${COMMAND} --jobs 2 < requests.jsonl`).stdout).toBe(piped.stdout);
    expect(shell(`cat requests.jsonl | ${COMMAND} -o out.jsonl --jobs 2 && cat out.jsonl`).stdout).toBe(piped.stdout);
  });

  it.each([[[]], [["--jobs", "2"]]])("answers a line before the next one is written %s", async (flags) => {
    const child = spawn(process.execPath, [BIN, "batch", ...flags], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (const channels of [1, 2, 3]) {
      child.stdin.write(`{"id": ${channels}, "spec": "conv 3x3 ${channels}->8 @8x8"}\n`);
      const next: IteratorResult<string, unknown> = await lines.next();
      expect(answers(String(next.value))).toEqual([[channels, 64 * 8 * 9 * channels]]);
    }
    child.stdin.end();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
  });

  it.each(["", "--jobs 2"])("ends quietly when its reader goes away %s", (flags) => {
    const { stdout, stderr } = spawnSync("bash", ["-c", `yes '"conv 3x3 3->8 @8x8"' | ${COMMAND} ${flags} | head -n 1`], {
      encoding: "utf8",
      timeout: 30_000,
    });
    expect([stdout.split("\n").length, stderr]).toEqual([2, ""]);
  });
});

describe("batch on many processes", () => {
  it.skipIf(!has("xargs"))("under xargs -P, a part a process", () => {
    const { status } = shell(`split -l 7 requests.jsonl part. && ls part.* | xargs -P 4 -I{} ${COMMAND} {} -o out.{} && cat out.part.* > all`);
    expect(status).toBe(0);
    expect(answers(readFileSync(join(folder, "all"), "utf8"))).toEqual(WANTED);
  });

  it.skipIf(!has("parallel"))("under GNU parallel --pipe, in order", () => {
    const { status, stdout } = shell(`parallel --will-cite --pipe --keep-order -j 2 -N 20 '${COMMAND}' < requests.jsonl`);
    expect(status).toBe(0);
    expect(answers(stdout)).toEqual(WANTED);
  });

  it.skipIf(!has("xargs"))("--fail tells xargs, whose status is then 123", () => {
    expect(shell(`echo requests.jsonl | xargs -P 2 -I{} ${COMMAND} {} --fail`).status).toBe(123);
  });
});
