// Builds dist/: the library with its types (tsc), the command as CommonJS files (esbuild), which start fastest, and their code cache.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bytesOf, resnet50 } from "./bench/onnx-file.mjs";
import { buildPacks } from "./packs.mjs";
import { zooTrees } from "./zoo-trees.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
rmSync("dist", { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const shared = { bundle: true, platform: "node", target: "node20", logLevel: "warning", loader: { ".yaml": "text" } };
const cli = "dist/cli";
await buildPacks({ entry: "src/cli-main.ts", folder: cli, options: { ...shared, plugins: [await zooTrees(cli)] } });
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

// The code cache of the Node that builds; of another, the command writes it at its first run.
writeFileSync("dist/cli/usual.onnx", bytesOf(resnet50({ weights: false })));
const env = { ...process.env, NODE_OPTIONS: "", NODE_DISABLE_COMPILE_CACHE: "" };
spawnSync(process.execPath, ["bin/convcost.js", "--version"], { stdio: ["ignore", "ignore", "inherit"], env });
