// Runs the tests on other majors of Node.js, whose binaries npm's `node` package ships: node scripts/test-node.mjs 22 24
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
for (const major of process.argv.slice(2)) {
  console.log(`\nNode.js ${major}`);
  const { status } = spawnSync("npx", ["--yes", "-p", `node@${major}`, "--", "node", "node_modules/vitest/vitest.mjs", "run"], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
