import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Target } from "./target.js";
import { TARGETS } from "./targets.js";
import { caseOf } from "./try.js";

const HELP = `npm run fuzz -- [options]

  --cases N       cases over all readers (14000)
  --seed N        other cases (1): the same seed makes the same cases
  --reader NAME   one reader: ${TARGETS.map(({ name }) => name).join(", ")}
  --case N        one case of a reader again; its files are written into --out
  --out FOLDER    where the files of what failed go (fuzz-failures)
`;

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "14000" },
    seed: { type: "string", default: "1" },
    reader: { type: "string" },
    case: { type: "string" },
    out: { type: "string", default: "fuzz-failures" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

/** Seconds of a case that does not end. The worker measures what is only slow; this is wall-clock time, and machines are shared. */
const HANG = 20;
/** A reader that fails so often is broken: the rest of its cases would say the same. */
const MOST = 50;

interface Found {
  readonly index: number;
  readonly problem: string;
}

for (const name of ["cases", "seed", "case"] as const) {
  if (!/^\d+$/.test(values[name] ?? "0")) {
    process.stderr.write(`--${name} takes a whole number\n`);
    process.exit(2);
  }
}
const seed = Number(values.seed);
const folder = mkdtempSync(join(tmpdir(), "convcost-fuzz-"));
const worker = join(import.meta.dirname, "worker.mjs");
const schema = join(import.meta.dirname, "../../../schema");

/** Flags of Node that take from a worker all it does not need: to write files, to start processes, memory without end. */
function fences(progress: string, megabytes = 900): readonly string[] {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const permission = major > 23 || (major === 22 && minor >= 13) || (major === 23 && minor >= 5) ? "--permission" : "--experimental-permission";
  return [
    permission,
    "--allow-fs-read=*",
    `--allow-fs-write=${progress}`,
    "--no-warnings",
    "--enable-source-maps",
    `--max-old-space-size=${megabytes}`,
  ];
}

/** Runs the cases of a target from `from` on; a worker that hangs or dies is told with its case, and another goes on behind it. */
async function fuzz(target: Target, from: number, to: number): Promise<{ readonly found: readonly Found[]; readonly read: number }> {
  const found: Found[] = [];
  let [next, read] = [from, 0];
  while (next < to && found.length < MOST) {
    const progress = join(folder, target.name);
    writeFileSync(progress, String(next).padEnd(16));
    const ended = await runWorker(target, next, to, progress, found);
    read += ended.read;
    next = ended.last + 1;
    if (ended.whole) break;
  }
  return { found, read };
}

async function runWorker(target: Target, from: number, to: number, progress: string, found: Found[]) {
  const child = spawn(
    process.execPath,
    [...fences(progress, target.megabytes), worker, target.name, values.seed, String(from), String(to), progress, schema],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const at = () => Number(readFileSync(progress, "utf8"));
  let [last, since, read, whole, complaint] = [-1, Date.now(), 0, false, ""];
  const watch = setInterval(() => {
    const now = at();
    if (now !== last) [last, since] = [now, Date.now()];
    else if (Date.now() - since > 1000 * (target.hangs ?? HANG)) child.kill("SIGKILL");
    if (found.length >= MOST) child.kill("SIGKILL");
  }, 500);
  child.stderr.on("data", (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
  createInterface(child.stdout).on("line", (line) => {
    const said: unknown = JSON.parse(line);
    if (isFound(said)) found.push(said);
    else [whole, read] = [true, readOf(said)];
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(watch);
  const index = at();
  if (!whole && code !== 3 && found.length < MOST)
    found.push({ index, problem: code === null ? "does not end" : `the process died (${code}): ${complaint}` });
  return { last: index, whole, read };
}

function isFound(said: unknown): said is Found {
  return typeof said === "object" && said !== null && "index" in said && "problem" in said;
}

function readOf(said: unknown): number {
  return typeof said === "object" && said !== null && "read" in said ? Number(said.read) : 0;
}

/** The message without its numbers, and where it was thrown. */
function kindOf({ problem }: Found): string {
  return problem
    .split("\n")
    .filter((line, at) => at === 0 || line.includes("/src/"))
    .slice(0, 3)
    .join("\n")
    .replace(/\b\d[\dx.e+-]*/g, "N");
}

/** Writes the files of a case, and says how to run it again. */
function save(target: Target, { index, problem }: Found, times: number): void {
  const { argv, files } = caseOf(target, seed, index);
  const place = join(values.out, `${target.name}-${seed}-${index}`);
  mkdirSync(place, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, basename(name)), content);
  const again = `npm run fuzz -- --reader ${target.name} --seed ${seed} --case ${index}`;
  writeFileSync(join(place, "README"), `${problem}\n\narguments: ${JSON.stringify(argv)}\nagain: ${again}\n`);
  console.log(`\n${target.name} ${index} (${times} alike): ${problem.split("\n").slice(0, 4).join("\n")}\n  files: ${place}\n  again: ${again}`);
}

const chosen = TARGETS.filter(({ name }) => values.reader === undefined || name === values.reader);
if (chosen.length === 0) {
  console.error(`there is no reader ${values.reader ?? ""}: ${TARGETS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const each = Math.ceil(Number(values.cases) / chosen.length);
let failures = 0;
for (const target of chosen) {
  const start = Date.now();
  const [from, to] = values.case === undefined ? [0, Math.ceil(each / (target.share ?? 1))] : [Number(values.case), Number(values.case) + 1];
  const { found, read } = await fuzz(target, from, to);
  // What fails alike is one failure: it is saved once.
  const kinds = new Map(found.map((one) => [kindOf(one), one] as const).reverse());
  for (const [kind, one] of kinds) save(target, one, found.filter((other) => kindOf(other) === kind).length);
  failures += found.length;
  const whole = values.case === undefined ? "" : ` (${read === 1 ? "read" : "refused"})`;
  console.log(
    `${target.name.padEnd(12)} ${String(to - from).padStart(8)} cases, ${String(read).padStart(8)} read, ${((Date.now() - start) / 1000).toFixed(1)} s, ${found.length} failures${whole}`,
  );
}
rmSync(folder, { recursive: true, force: true });
console.log(failures === 0 ? `no failures, seed ${seed}` : `${failures} failures, seed ${seed}`);
process.exitCode = failures === 0 ? 0 : 1;
