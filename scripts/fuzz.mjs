// Bundles fuzz/ and runs it: `npm run fuzz -- --cases 1000000 --seed 1`, with --reader NAME and --case N for one of them.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const dir = join(root, "node_modules/.cache/convcost-fuzz");
await build({
  cwd: root,
  input: ["fuzz/main.ts", "fuzz/worker.ts"],
  platform: "node",
  moduleTypes: { ".yaml": "text" },
  output: { dir, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs", sourcemap: "inline" },
});
const { status } = spawnSync(process.execPath, [join(dir, "main.mjs"), ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(status ?? 1);
