// Bundles fuzz/ and runs it: `npm run fuzz -- --cases 1000000 --seed 1`, with --reader NAME and --case N for one of them.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = join(root, "node_modules/.cache/convcost-fuzz");
await build({
  absWorkingDir: root,
  entryPoints: ["fuzz/main.ts", "fuzz/worker.ts"],
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  splitting: true,
  sourcemap: "inline",
  loader: { ".yaml": "text" },
  // Bundled CommonJS asks for Node's own modules with `require`.
  banner: { js: "import { createRequire as asked } from 'node:module'; const require = asked(import.meta.url);" },
  logLevel: "warning",
});
const { status } = spawnSync(process.execPath, [join(outdir, "main.mjs"), ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
