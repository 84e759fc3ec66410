// Runs the tests on other majors of Node.js, whose binaries npm's `node` package ships: node scripts/test-node.mjs 22 24
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

// What counts alone is the same on every Node, and what runs Python or bash has been run: files, processes, streams and formats remain.
const SAME = ["test/properties/**", "test/errors/**", "test/hostile*", "test/fuzz*", "test/reference/**", "test/code/**", "test/recipes/**"];

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
for (const major of process.argv.slice(2)) {
  console.log(`\nNode.js ${major}`);
  const command = ["node", "node_modules/vitest/vitest.mjs", "run", ...SAME.flatMap((pattern) => ["--exclude", pattern])];
  const { status } = spawnSync("npx", ["--yes", "-p", `node@${major}`, "--", ...command], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
