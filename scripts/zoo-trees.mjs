// Parses the zoo's network files when the command is built: a tree for each stands in the bundle where src/zoo/trees.ts has none.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const NETWORKS = "src/zoo/networks";

/** An esbuild plugin that puts the trees in. They are texts of JSON, of which V8 reads the one that is asked for. */
export async function zooTrees() {
  const parseTree = await parser();
  const lines = readdirSync(NETWORKS).map((file) => {
    const tree = JSON.stringify(parseTree(readFileSync(join(NETWORKS, file), "utf8"), file, "yaml"));
    return `${basename(file, ".yaml")}: () => JSON.parse(${JSON.stringify(tree)})`;
  });
  const contents = `export const trees = { ${lines.join(", ")} };`;
  return {
    name: "zoo-trees",
    setup: (bundler) => {
      bundler.onLoad({ filter: /src\/zoo\/trees\.ts$/ }, () => ({ contents, loader: "js" }));
    },
  };
}

/** The program's own parser, compiled for this. */
async function parser() {
  const folder = mkdtempSync(join(tmpdir(), "convcost-parser-"));
  try {
    const outfile = join(folder, "syntax.mjs");
    const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
    await build({ entryPoints: ["src/read/network/syntax.ts"], bundle: true, platform: "node", format: "esm", banner, outfile });
    return (await import(pathToFileURL(outfile).href)).parseTree;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
