// Builds dist/: the library with its types (tsc) and the command as one CommonJS file (esbuild), which starts fastest.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
rmSync("dist", { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const shared = { bundle: true, platform: "node", target: "node20", logLevel: "warning", loader: { ".yaml": "text" } };
await build({ ...shared, entryPoints: ["src/cli-main.ts"], format: "cjs", outfile: "dist/cli.cjs" });
// The library's modules import fastest-levenshtein: bundled, so that the package has no dependencies to install.
// Neutral, so that nothing of Node's gets into it: it touches no file and no process.
await build({
  ...shared,
  platform: "neutral",
  mainFields: ["module", "main"],
  entryPoints: ["src/index.ts"],
  format: "esm",
  outfile: "dist/index.js",
  allowOverwrite: true,
});
