import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The zoo's network files, as text, as esbuild bundles them. */
const yamlAsText: Plugin = {
  name: "yaml-as-text",
  load: (id) => (id.endsWith(".yaml") ? `export default ${JSON.stringify(readFileSync(id, "utf8"))}` : undefined),
};

export default defineConfig({
  plugins: [yamlAsText],
  test: { include: ["test/**/*.test.ts"], globalSetup: "test/build.ts", testTimeout: 60_000, maxWorkers: "100%", isolate: false, coverage: { include: ["src/**"] } },
});
