// Bundles the command as a few CommonJS files, "packs", so that a run reads only what it needs: one layer's count never loads the YAML or ONNX readers.
//
// esbuild splits ES modules alone, so it goes twice over the source: once to split it into chunks, once to join the chunks of a pack into
// one CommonJS file. What a pack needs of another it asks for as require("pack:NAME#CHUNK"); bin/convcost.js answers that.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { build } from "esbuild";

/** Modules that most runs never use, and what is used of them: they are loaded at the first use. */
const LAZY = {
  // Clears a quarter of a MiB when it is loaded, for suggestions that only complaints need.
  "fastest-levenshtein": ["distance"],
  "node:child_process": ["spawn"],
  "node:os": ["availableParallelism"],
  "node:worker_threads": ["Worker", "isMainThread", "parentPort", "workerData"],
};

/** Modules imported on demand that are loaded most often. */
const FIRST = [
  "src/cli-main.ts",
  "src/report/table.ts",
  "src/commands/compare.ts",
  "src/zoo/zoo.ts",
  "src/read/network/network.ts",
  "src/read/onnx/read.ts",
];

const lazyModules = {
  name: "lazy-modules",
  setup: (bundler) => {
    bundler.onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      namespace === "lazy" || !Object.hasOwn(LAZY, path) ? { path, external: true } : { path, namespace: "lazy" },
    );
    bundler.onResolve({ filter: /^fastest-levenshtein$/ }, ({ path, namespace }) => (namespace === "lazy" ? undefined : { path, namespace: "lazy" }));
    bundler.onLoad({ filter: /.*/, namespace: "lazy" }, ({ path }) => ({
      resolveDir: process.cwd(),
      contents: `module.exports = { ${LAZY[path].map((name) => `get ${name}() { return require("${path}").${name}; }`).join(", ")} };`,
      loader: "js",
    }));
    // The program tells chalk whether there is colour, so that chalk need not look at the terminal.
    bundler.onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace: "no-colour" }));
    bundler.onLoad({ filter: /.*/, namespace: "no-colour" }, () => ({ contents: "export default { stdout: false, stderr: false };" }));
  },
};

/**
 * Writes `main.cjs` and a pack for each module that is imported on demand into `folder`.
 * @returns the names of the packs
 */
export async function buildPacks({ entry, folder, options }) {
  const temporary = mkdtempSync(join(tmpdir(), "convcost-build-"));
  try {
    const split = { ...options, entryPoints: [entry], format: "esm", splitting: true, outdir: temporary, metafile: true, plugins: [lazyModules] };
    const packs = packsOf((await build(split)).metafile.outputs, entry);
    for (const pack of new Set(packs.values())) await buildPack(pack, packs, { temporary, folder, options });
    return [...new Set([...packs.values()].map(({ name }) => name))];
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The pack of each chunk: main's are all that the entry imports at once, those of what is imported on demand are what is not there yet. */
function packsOf(outputs, entry) {
  const chunks = new Map(Object.entries(outputs).map(([path, output]) => [resolve(path), output]));
  const packs = new Map();
  const add = (chunk, pack) => {
    if (packs.has(chunk)) return;
    packs.set(chunk, pack);
    pack.chunks.push(chunk);
    for (const { path, kind, external } of chunks.get(chunk).imports) if (kind === "import-statement" && !external) add(resolve(path), pack);
  };
  const entries = [...chunks].filter(([, { entryPoint }]) => entryPoint !== undefined);
  // What several of the others share goes into the first of them.
  const rank = ({ entryPoint }) => [...FIRST, entryPoint].indexOf(entryPoint);
  entries.sort(([, a], [, b]) => rank(a) - rank(b) || (a.entryPoint < b.entryPoint ? -1 : 1));
  for (const [chunk, { entryPoint }] of entries) {
    const name =
      entryPoint === entry
        ? "main"
        : relative("src", entryPoint)
            .replace(/\.\w+$/, "")
            .replaceAll(/\W+/g, "-");
    add(chunk, { name, chunks: [] });
  }
  return packs;
}

async function buildPack(pack, packs, { temporary, folder, options }) {
  const exported = pack.chunks.map((chunk) => `export * as "${basename(chunk)}" from ${JSON.stringify(chunk)};`);
  const outside = {
    name: "other-packs",
    setup: (bundler) => {
      bundler.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind }) => {
        const chunk = resolve(resolveDir, path);
        const home = packs.get(chunk);
        const inside = home === pack && kind !== "dynamic-import";
        return inside ? { path: chunk } : { path: `pack:${home.name}#${basename(chunk)}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    ...options,
    // vm has no import() of its own; as require it is the loader's.
    supported: { "dynamic-import": false },
    stdin: { contents: exported.join("\n"), resolveDir: temporary },
    format: "cjs",
    // Read at every start: without blanks and comments it is half as long. Names stay, for whoever reads a stack.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "external",
    banner: { js: "(function(exports,require,module){" },
    footer: { js: "})" },
    outfile: join(folder, `${pack.name}.cjs`),
    plugins: [outside],
    write: false,
  });
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of outputFiles) writeFileSync(path, path.endsWith(".cjs") ? ascii(text) : text);
}

/** The loader takes a byte for a character. esbuild escapes what is not ASCII in texts, but not in regular expressions. */
function ascii(text) {
  return text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
