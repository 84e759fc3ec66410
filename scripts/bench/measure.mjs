// Times whole processes. Machines are noisy and drift: commands take turns, and a command is compared with the one that ran beside it.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MAX_OUTPUT = 1 << 30;
/** Rounds that are not counted: they warm the disk's cache, and Node's compile cache where it has one. */
const WARM_UP = 2;

/** @typedef {{ readonly name: string, readonly argv: readonly string[], readonly env?: Readonly<Record<string, string>>, readonly firstLine?: number }} Command */

/**
 * Runs commands in turn, and tells how long each took, in milliseconds, round by round.
 * @param {readonly Command[]} commands
 * @returns {Promise<ReadonlyMap<string, readonly number[]>>}
 */
export async function timeInTurn(commands, rounds) {
  const times = new Map(commands.map(({ name }) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const command of commands) {
      const time = command.firstLine === undefined ? timeOf(command) : await timeToLine(command);
      if (round >= 0) times.get(command.name).push(time);
    }
  }
  return times;
}

function environment({ env }) {
  return { ...process.env, ...env };
}

function timeOf(command) {
  const [program, ...args] = command.argv;
  const start = performance.now();
  const { status, error, stderr } = spawnSync(program, args, { env: environment(command), maxBuffer: MAX_OUTPUT, stdio: ["ignore", "pipe", "pipe"] });
  const time = performance.now() - start;
  if (status !== 0) throw new Error(`${command.argv.join(" ")} failed: ${error?.message ?? stderr.toString()}`);
  return time;
}

/** Time until a program has printed so many lines; it is ended then. */
function timeToLine(command) {
  const [program, ...args] = command.argv;
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, args, { env: environment(command), stdio: ["ignore", "pipe", "ignore"] });
    let [lines, time] = [0, undefined];
    child.stdout.on("data", (bytes) => {
      lines += bytes.toString("latin1").split("\n").length - 1;
      if (time !== undefined || lines < command.firstLine) return;
      time = performance.now() - start;
      child.kill();
    });
    child.on("error", reject);
    child.on("close", () => {
      if (time === undefined) reject(new Error(`${command.argv.join(" ")} ended before its line ${command.firstLine}`));
      else resolve(time);
    });
  });
}

/** Linux alone knows what a process itself needed: elsewhere the figure has what its parent had when it was started. */
const PEAK_HOOK = `
process.on("exit", () => {
  const { readFileSync, writeFileSync } = process.getBuiltinModule?.("fs") ?? require("fs");
  let kib = process.resourceUsage().maxRSS;
  try {
    kib = Number(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync("/proc/self/status", "latin1"))[1]);
  } catch {}
  writeFileSync(process.env.BENCH_PEAK_FILE, String(kib));
});
`;

/** Peak of resident memory of a Node program in MiB, the median of some runs. */
export function peakMemory(command, folder, runs) {
  const [hook, answer] = [join(folder, "peak.cjs"), join(folder, "peak.txt")];
  writeFileSync(hook, PEAK_HOOK);
  const [program, ...args] = command.argv;
  const peaks = Array.from({ length: runs }, () => {
    rmSync(answer, { force: true });
    timeOf({ ...command, argv: [program, "--require", hook, ...args], env: { ...command.env, BENCH_PEAK_FILE: answer } });
    return Number(readFileSync(answer, "latin1")) / 1024;
  });
  return median(peaks);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of the ratios of two commands' times, each of one round. */
export function medianRatio(times, base) {
  return median(times.map((time, round) => time / base[round]));
}
