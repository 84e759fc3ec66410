// The packed tarball, installed into an empty folder: runs the command, runs and type-checks an import under TypeScript's strict.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "convcost-package-"));
const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const check = (what, right) => {
  if (!right) throw new Error(`package check failed: ${what}`);
  console.log(`ok  ${what}`);
};

const CONSUMER = `
import { analyze, compare, InputError, parseLayers } from "convcost";
import type { Analysis, ComparisonRow } from "convcost";
const graph = parseLayers("conv 3x3 3->8 @8x8");
const analysis: Analysis = analyze(graph, { dtype: "int8" });
const macs: bigint = analysis.totals.macs;
const rows: readonly ComparisonRow[] = compare(graph).rows;
try { parseLayers("nonsuch"); } catch (error) { if (!(error instanceof InputError)) throw error; }
console.log(JSON.stringify([macs.toString(), rows.length, rows[0]?.label]));
`;

try {
  // pre-commit installs a node hook from what this prints: our prepare script must not talk into it.
  check("npm pack prints the name of the tarball alone", /^convcost-[\w.-]+\.tgz\n$/.test(run("npm", ["pack", "--dry-run"], root)));
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root));
  const names = packed.files.map(({ path }) => path);
  check(
    "holds the command, the library, its types, the schemas and the papers",
    [
      "bin/convcost.js",
      "dist/cli/main.cjs",
      "dist/index.js",
      "dist/index.d.ts",
      "schema/analysis.json",
      "schema/batch.json",
      "schema/check.json",
      "schema/comparison.json",
      "schema/config.json",
      "schema/conventions.json",
      "schema/diff.json",
      "schema/whatif.json",
      "README.md",
      "CHANGELOG.md",
      "LICENSE",
    ].every((name) => names.includes(name)),
  );
  check("holds no source, test or script", !names.some((name) => /^(src|test|scripts)\//.test(name)));
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  run("npm", ["install", "--no-audit", "--no-fund", `./${tarball}`], folder);
  const command = join(folder, "node_modules/.bin/convcost");
  // 8*8 outputs of 8 channels, 3*9 taps each.
  check("the command counts", JSON.parse(run(command, ["count", "conv 3x3 3->8 @8x8", "--json"], folder)).totals.macs === 8 * 8 * 8 * 27);
  // As the README ships it with Hadoop Streaming: unpacked, not installed.
  mkdirSync(join(folder, "app"));
  run("tar", ["-xzf", tarball, "-C", "app"], folder);
  const mapped = execFileSync(process.execPath, ["app/package/bin/convcost.js", "batch"], {
    cwd: folder,
    encoding: "utf8",
    input: '"pw 3->8 @8x8"\n',
  });
  check("its archive answers a batch", JSON.parse(mapped).totals.macs === 8 * 8 * 3 * 8);
  writeFileSync(join(folder, "consumer.ts"), CONSUMER);
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  run(
    process.execPath,
    [tsc, "--strict", "--exactOptionalPropertyTypes", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom", "consumer.ts"],
    folder,
  );
  check("an import type-checks under strict", true);
  check("an import runs", run(process.execPath, ["consumer.js"], folder).trim() === '["13824",8,"standard"]');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
