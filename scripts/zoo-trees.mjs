// Parses the zoo's network files when the command is built: a file of JSON for each, which the bundle reads where src/zoo/trees.ts has no trees.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const NETWORKS = "src/zoo/networks";

/** Writes the trees into `zoo` of a folder, and returns an esbuild plugin that puts in what reads them: bin/convcost.js answers to "lazy:json:". */
export async function zooTrees(folder) {
  const parseTree = await parser();
  mkdirSync(join(folder, "zoo"), { recursive: true });
  const names = readdirSync(NETWORKS).map((file) => basename(file, ".yaml"));
  for (const name of names) {
    const file = `${name}.yaml`;
    writeFileSync(join(folder, "zoo", `${name}.json`), JSON.stringify({ tree: parseTree(readFileSync(join(NETWORKS, file), "utf8"), file, "yaml") }));
  }
  const imports = names.map((name) => `import { tree as ${name} } from "lazy:json:zoo/${name}.json";`);
  const contents = `${imports.join("\n")}\nexport const trees = { ${names.map((name) => `${name}: () => ${name}`).join(", ")} };`;
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
