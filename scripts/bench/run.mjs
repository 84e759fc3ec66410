// Measures the built command as whole processes against bare `node -e 0`: node scripts/bench/run.mjs --help
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { growth } from "./growth.mjs";
import { onnx } from "./onnx.mjs";
import { tableOf } from "./rows.mjs";
import { startup } from "./startup.mjs";
import { sweep } from "./sweep.mjs";
import { tfjs } from "./tfjs.mjs";
import { weights } from "./weights.mjs";

/** Subjects by name; those that are asked for by a flag of their own install something. */
const SUBJECTS = { startup, weights, growth, sweep, onnx, tfjs };
const ASKED_FOR = ["tfjs"];

const HELP = `npm run bench -- [options]

  --only NAME   one subject, or several by several flags: ${Object.keys(SUBJECTS).join(", ")}
  --tfjs        compare with @tensorflow/tfjs-layers too, which npm installs into a temporary folder
  --node PATH   measure under another Node
  --runs N      rounds of each subject (20)
  --markdown    print the table as Markdown
  --strict      exit 1 where a limit is missed
`;

const { values: flags } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    tfjs: { type: "boolean", default: false },
    node: { type: "string", default: process.execPath },
    runs: { type: "string", default: "20" },
    markdown: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function chosen() {
  const names = flags.only ?? Object.keys(SUBJECTS).filter((name) => !ASKED_FOR.includes(name) || flags[name]);
  const unknown = names.find((name) => !Object.hasOwn(SUBJECTS, name));
  if (unknown !== undefined) throw new Error(`there is no subject '${unknown}': ${Object.keys(SUBJECTS).join(", ")}`);
  return names;
}

async function main() {
  const runs = Number(flags.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1 on");
  const command = fileURLToPath(new URL("../../bin/convcost.js", import.meta.url));
  if (!existsSync(fileURLToPath(new URL("../../dist/cli/main.cjs", import.meta.url)))) throw new Error("npm run build goes before this");
  const version = execFileSync(flags.node, ["--version"], { encoding: "utf8" }).trim();
  const folder = mkdtempSync(join(tmpdir(), "convcost-bench-"));
  const bench = {
    folder,
    runs,
    node: flags.node,
    major: Number(/^v(\d+)/.exec(version)[1]),
    bare: { name: "bare node", argv: [flags.node, "-e", "0"] },
    convcost: (...args) => ({ argv: [flags.node, command, ...args] }),
    say: (text) => process.stderr.write(`${text}\n`),
  };
  const rows = [];
  try {
    for (const name of chosen()) {
      bench.say(`${name} ...`);
      rows.push(...(await SUBJECTS[name](bench)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const { length: cores, 0: cpu } = cpus();
  const missed = rows.filter((row) => row.missed === true);
  process.stdout.write(`${tableOf(rows, flags.markdown)}
Node ${version}, ${process.platform} ${process.arch}, ${cores} x ${cpu?.model.trim() ?? "unknown processor"}, ${new Date().toISOString().slice(0, 10)}: medians of ${runs} whole processes in turn.
${missed.length === 0 ? "No limit is missed." : `Missed: ${missed.map(({ what }) => what.trim()).join("; ")}.`}
`);
  if (flags.strict && missed.length > 0) process.exitCode = 1;
}

if (flags.help) process.stdout.write(HELP);
else await main();
