// Bundles the command as a few CommonJS files, "packs", so that a run reads only what it needs: one layer's count never loads the YAML or ONNX readers.
//
// esbuild splits ES modules alone, so it goes twice over the source: once to split it into chunks, once to join the chunks of a pack into
// one CommonJS file. What a pack needs of another it asks for as require("pack:NAME#CHUNK"); bin/convcost.js answers that.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { build } from "esbuild";

/** Modules of Node's that most runs never use, and what is used of them: they are loaded at the first use. */
const LAZY = {
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

/**
 * What is loaded at its first use though it is imported at once: which imports of which modules, and the pack they go into. A start reads and
 * takes in all of main, so what one run in ten needs stands elsewhere.
 */
const DEFERRED = [
  { importer: /src\/ops\/table\.ts$/, imported: /norm|linear|pool|dropout|tensor/, pack: "layers" },
  { importer: /src\/ops\/table\.ts$/, imported: /recurrent|transformer|vision/, pack: "sequences" },
  { importer: /src\/conventions\/table\.ts$/, imported: /^\.\/(?!convcost|convention\.)/, pack: "conventions" },
  { importer: /src\/analyze\/analyze\.ts$/, imported: /caveats|\/convention\.js/, pack: "conventions" },
  { importer: /src\/commands\/count\.ts$/, imported: /pairs|csv|markdown/, pack: "views" },
  { importer: /src\/cli\.ts$/, imported: /^chalk$/, pack: "report-table" },
  { importer: /src\/cli\.ts$/, imported: /report\/diagnostic/, pack: "complaints" },
  { importer: /src\/read\/notation\/closest\.ts$/, imported: /levenshtein/, pack: "complaints", names: ["distance"] },
  { importer: /commander/, imported: /help|suggestSimilar/, pack: "complaints", names: ["Help", "stripColor", "suggestSimilar"] },
];

const lazyModules = {
  name: "lazy-modules",
  setup: (bundler) => {
    bundler.onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      namespace === "lazy" || !Object.hasOwn(LAZY, path) ? { path, external: true } : { path, namespace: "lazy" },
    );
    bundler.onLoad({ filter: /.*/, namespace: "lazy" }, ({ path }) => ({ contents: gettersOf(LAZY[path], path), loader: "js" }));
    // The program tells chalk whether there is colour, so that chalk need not look at the terminal.
    bundler.onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace: "no-colour" }));
    bundler.onLoad({ filter: /.*/, namespace: "no-colour" }, () => ({ contents: "export default { stdout: false, stderr: false };" }));
  },
};

/** A module that loads another when one of its names is first used. */
function gettersOf(names, id) {
  const getters = names.map((name) => `get ${name}() { return load().${name}; }`);
  return `let loaded; const load = () => (loaded ??= require(${JSON.stringify(id)})); module.exports = { ${getters.join(", ")} };`;
}

/** The same for a CommonJS module, whose names are taken out of it when it is required: functions and classes that forward. */
function forwardersOf(names, id) {
  const forward = (name) =>
    `${name}(...given) { const made = require(${JSON.stringify(id)}).default.${name}; return new.target ? Reflect.construct(made, given) : made(...given); }`;
  return `module.exports = { ${names.map((name) => `${name}: function ${forward(name)}`).join(", ")} };`;
}

/** Puts stubs where DEFERRED says so; `deferred` gets the files behind them, and their packs. */
function deferring(deferred) {
  return {
    name: "deferring",
    setup: (bundler) => {
      bundler.onResolve({ filter: /^pack:/ }, ({ path }) => ({ path, external: true }));
      bundler.onResolve({ filter: /.*/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        const rule = DEFERRED.find((one) => one.importer.test(importer) && one.imported.test(path));
        if (pluginData === "resolving" || rule === undefined || kind === "dynamic-import") return undefined;
        const found = await bundler.resolve(path, { kind, importer, resolveDir, pluginData: "resolving" });
        deferred.set(found.path, rule.pack);
        return { path: found.path, namespace: "deferred", pluginData: rule };
      });
      bundler.onLoad({ filter: /.*/, namespace: "deferred" }, async ({ path, pluginData: { pack, names } }) => {
        const id = `pack:${pack}#${chunkName(path)}.js`;
        return { contents: names === undefined ? gettersOf(await exportsOf(path), id) : forwardersOf(names, id), loader: "js" };
      });
    },
  };
}

function chunkName(path) {
  return relative(".", path)
    .replace(/\.\w+$/, "")
    .replaceAll(/\W+/g, "-");
}

/** The names that an ES module exports. */
async function exportsOf(path) {
  const alone = {
    name: "alone",
    setup: (bundler) => {
      bundler.onResolve({ filter: /.*/ }, ({ path: id, kind }) => (kind === "entry-point" ? undefined : { path: id, external: true }));
    },
  };
  const { metafile } = await build({ entryPoints: [path], bundle: true, format: "esm", metafile: true, write: false, outdir: ".", plugins: [alone] });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}

/**
 * Writes `main.cjs` and a pack for each module that is loaded on demand into `folder`.
 * @returns the names of the packs
 */
export async function buildPacks({ entry, folder, options }) {
  const temporary = mkdtempSync(join(tmpdir(), "convcost-build-"));
  try {
    const deferred = new Map();
    const split = { ...options, format: "esm", splitting: true, outdir: temporary, metafile: true, plugins: [lazyModules, deferring(deferred)] };
    // Once to see what is deferred, which may defer more, then with that as entries.
    const entries = () =>
      Object.fromEntries([entry, ...deferred.keys()].map((path) => [path === entry ? basename(entry, ".ts") : chunkName(path), path]));
    for (let known = -1; known < deferred.size;) {
      known = deferred.size;
      await build({ ...split, entryPoints: entries(), write: false });
    }
    const packs = packsOf((await build({ ...split, entryPoints: entries() })).metafile.outputs, entry, deferred);
    for (const pack of new Set(packs.values())) await buildPack(pack, packs, { temporary, folder, options });
    return [...new Set([...packs.values()].map(({ name }) => name))];
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The pack of each chunk: main's are all that the entry imports at once, those of what is imported on demand are what is not there yet. */
function packsOf(outputs, entry, deferred) {
  const chunks = new Map(Object.entries(outputs).map(([path, output]) => [resolve(path), output]));
  const needed = (chunk) =>
    chunks.get(chunk).imports.flatMap(({ path, kind, external }) => (kind === "import-statement" && !external ? [resolve(path)] : []));
  const packs = new Map();
  const add = (chunk, pack) => {
    if (packs.has(chunk)) return;
    packs.set(chunk, pack);
    pack.chunks.push(chunk);
    for (const other of needed(chunk)) add(other, pack);
  };
  const entries = [...chunks].filter(([, { entryPoint }]) => entryPoint !== undefined);
  // What several of the others share goes into the first of them.
  const rank = ({ entryPoint }) => [...FIRST, ...[...deferred.keys()].map((path) => relative(".", path)), entryPoint].indexOf(entryPoint);
  entries.sort(([, a], [, b]) => rank(a) - rank(b) || (a.entryPoint < b.entryPoint ? -1 : 1));
  const byName = new Map();
  for (const [chunk, { entryPoint }] of entries) {
    const own = chunkName(entryPoint).replace(/^src-/, "");
    const name = entryPoint === entry ? "main" : (deferred.get(resolve(entryPoint)) ?? own);
    if (!byName.has(name)) byName.set(name, { name, chunks: [] });
    add(chunk, byName.get(name));
  }
  refuseCycles(packs, needed);
  return packs;
}

/** Packs that need each other at once would see each other half made. */
function refuseCycles(packs, needed) {
  const needs = (pack) => new Set(pack.chunks.flatMap(needed).map((chunk) => packs.get(chunk)));
  const visit = (pack, path) => {
    if (path.includes(pack)) throw new Error(`packs need each other: ${[...path, pack].map(({ name }) => name).join(" > ")}`);
    for (const other of needs(pack)) if (other !== pack) visit(other, [...path, pack]);
  };
  for (const pack of new Set(packs.values())) visit(pack, []);
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
