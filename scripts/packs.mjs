// Bundles the command as a few CommonJS files, "packs", so that a run reads only what it needs: one layer's count never loads the YAML or ONNX readers.
//
// esbuild splits ES modules alone, so it goes twice over the source: once to split it into chunks, once to join the chunks of a pack into
// one CommonJS file. What a pack needs of another it asks for as require("pack:NAME#CHUNK"); bin/convcost.js answers that.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { build } from "esbuild";

/** Modules of Node's that most runs never use. */
const LAZY = /^node:(child_process|os|worker_threads)$/;

/** What several packs share goes into the first of them. */
const ORDER = [
  "main",
  "files",
  "report-table",
  "commands-compare",
  "calls",
  "layers",
  "read-network-network",
  "sequences",
  "views",
  "complaints",
  "conventions",
  "zoo-zoo",
  "read-onnx-read",
];

/**
 * What is loaded at its first use though it is imported at once: which imports of which modules, and the pack they go into. A start reads and
 * takes in all of main, so what one run in ten needs stands elsewhere.
 */
const DEFERRED = [
  { importer: /src\/ops\/table\.ts$/, imported: /conv\/calls/, pack: "calls" },
  { importer: /src\/read\/notation\/(statements|read)\.ts$/, imported: /call|binding/, pack: "calls" },
  { importer: /src\/ops\/table\.ts$/, imported: /activation|norm|linear|pool|dropout|tensor/, pack: "layers" },
  { importer: /src\/ops\/with-activation\.ts$/, imported: /activation/, pack: "layers" },
  { importer: /src\/ops\/table\.ts$/, imported: /recurrent|transformer|vision/, pack: "sequences" },
  { importer: /src\/source\/open\.ts$/, imported: /\.\/file/, pack: "files" },
  { importer: /src\/commands\/count\.ts$/, imported: /read\/formats/, pack: "files" },
  { importer: /src\/conventions\/table\.ts$/, imported: /^\.\/(?!convcost|convention\.)/, pack: "conventions" },
  { importer: /src\/analyze\/analyze\.ts$/, imported: /caveats|\/convention\.js/, pack: "conventions" },
  { importer: /src\/commands\/\w+\.ts$/, imported: /pairs|explain/, pack: "views" },
  { importer: /src\/commands\/\w+\.ts$/, imported: /csv|markdown/, pack: "report-table" },
  { importer: /src\/commands\/count\.ts$/, imported: /layer-grid|layer-order|summary|analyze\/group\./, pack: "report-table" },
  { importer: /src\/commands\/compare\.ts$/, imported: /comparison-grid/, pack: "report-table" },
  { importer: /src\/compare\/compare\.ts$/, imported: /full-convolution/, pack: "views" },
  { importer: /src\/cli\.ts$/, imported: /^chalk$/, pack: "report-table" },
  { importer: /src\/cli\.ts$/, imported: /report\/diagnostic/, pack: "complaints" },
  { importer: /src\/read\/notation\/closest\.ts$/, imported: /levenshtein/, pack: "complaints", names: ["distance"] },
  { importer: /src\/read\/network\/document\.ts$/, imported: /syntax/, pack: "yaml" },
  { importer: /commander/, imported: /help|suggestSimilar/, pack: "complaints", names: ["Help", "stripColor", "suggestSimilar"] },
];

/** Small things that several packs share, and the pack that has them: else the first to need them would, and the others load all of that for these. */
const SHARED = [
  { module: /src\/(ops\/(keras-common|with-activation)|commands\/gathered)\.ts$/, pack: "main" },
  { module: /src\/ops\/(join|called-as|recurrent)\.ts$/, pack: "layers" },
];

/** What is asked for as "lazy:ID" is loaded when a name of it is first used; bin/convcost.js sees to that. */
const lazyModules = {
  name: "lazy-modules",
  setup: (bundler) => {
    bundler.onResolve({ filter: /^node:/ }, ({ path }) => ({ path: LAZY.test(path) ? `lazy:${path}` : path, external: true }));
    // The program tells chalk whether there is colour, so that chalk need not look at the terminal.
    bundler.onResolve({ filter: /^#supports-color$/ }, ({ path }) => ({ path, namespace: "no-colour" }));
    bundler.onLoad({ filter: /.*/, namespace: "no-colour" }, () => ({ contents: "export default { stdout: false, stderr: false };" }));
  },
};

/** Makes lazy what DEFERRED says; `deferred` gets the files that are, and their packs. */
function deferring(deferred, applied) {
  return {
    name: "deferring",
    setup: (bundler) => {
      bundler.onResolve({ filter: /^(pack|lazy):/ }, ({ path }) => ({ path, external: true }));
      bundler.onResolve({ filter: /.*/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        const rule = DEFERRED.find((one) => one.importer.test(importer) && one.imported.test(path));
        if (pluginData === "resolving" || rule === undefined || kind === "dynamic-import") return undefined;
        const found = await bundler.resolve(path, { kind, importer, resolveDir, pluginData: "resolving" });
        deferred.set(found.path, rule.pack);
        applied.add(rule);
        const id = `pack:${rule.pack}#${chunkName(found.path)}.js`;
        return rule.names === undefined ? { path: `lazy:${id}`, external: true } : { path: id, namespace: "forwarding", pluginData: rule };
      });
      bundler.onLoad({ filter: /.*/, namespace: "forwarding" }, ({ path, pluginData: { names } }) => ({ contents: forwardersOf(names, path) }));
    },
  };
}

/** In place of a CommonJS module, whose names are taken out of it as soon as it is required: functions and classes that forward. */
function forwardersOf(names, id) {
  const forward = (name) =>
    `${name}(...given) { const made = require(${JSON.stringify(id)}).default.${name}; return new.target ? Reflect.construct(made, given) : made(...given); }`;
  return `module.exports = { ${names.map((name) => `${name}: function ${forward(name)}`).join(", ")} };`;
}

function chunkName(path) {
  return relative(".", path)
    .replace(/\.\w+$/, "")
    .replaceAll(/\W+/g, "-");
}

/** Writes `main.cjs` and a pack for each module that is loaded on demand into `folder`. */
export async function buildPacks({ entry, folder, options }) {
  const temporary = mkdtempSync(join(tmpdir(), "convcost-build-"));
  try {
    const deferred = new Map();
    const applied = new Set();
    const split = {
      ...options,
      format: "esm",
      splitting: true,
      outdir: temporary,
      metafile: true,
      plugins: [...(options.plugins ?? []), lazyModules, deferring(deferred, applied)],
    };
    // Once to see what is deferred, which may defer more, then with that as entries.
    const entries = () =>
      Object.fromEntries([entry, ...deferred.keys()].map((path) => [path === entry ? basename(entry, ".ts") : chunkName(path), path]));
    for (let known = -1; known < deferred.size;) {
      known = deferred.size;
      await build({ ...split, entryPoints: entries(), write: false });
    }
    const { outputs } = (await build({ ...split, entryPoints: entries() })).metafile;
    const chunks = new Map(Object.entries(outputs).map(([path, output]) => [resolve(path), output]));
    const files = [...chunks.values()].flatMap(({ inputs }) => Object.keys(inputs));
    for (const rule of SHARED) if (files.some((path) => rule.module.test(path))) applied.add(rule);
    const idle = [...DEFERRED, ...SHARED].filter((rule) => !applied.has(rule));
    if (idle.length > 0)
      throw new Error(
        `rules of packs that say nothing of any module: ${idle.map((rule) => JSON.stringify(rule.pack) + String(rule.imported ?? rule.module)).join(", ")}`,
      );
    const packs = packsOf(chunks, entry, deferred);
    for (const pack of new Set(packs.values())) await buildPack(pack, { packs, chunks, temporary, folder, options });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The pack of each chunk: main's are all that the entry imports at once, those of what is imported on demand are what is not there yet. */
function packsOf(chunks, entry, deferred) {
  const needed = (chunk) =>
    chunks.get(chunk).imports.flatMap(({ path, kind, external }) => (kind === "import-statement" && !external ? [resolve(path)] : []));
  const packs = new Map();
  const add = (chunk, pack) => {
    if (packs.has(chunk)) return;
    packs.set(chunk, pack);
    pack.chunks.push(chunk);
    for (const other of needed(chunk)) add(other, pack);
  };
  const nameOf = ({ entryPoint }) =>
    entryPoint === entry ? "main" : (deferred.get(resolve(entryPoint)) ?? chunkName(entryPoint).replace(/^src-/, ""));
  const entries = [...chunks].flatMap(([chunk, output]) => (output.entryPoint === undefined ? [] : [{ chunk, name: nameOf(output) }]));
  const rank = ({ name }) => [...ORDER, name].indexOf(name);
  entries.sort((a, b) => rank(a) - rank(b) || (a.chunk < b.chunk ? -1 : 1));
  const byName = new Map();
  for (const { chunk, name } of entries) {
    if (!byName.has(name)) byName.set(name, { name, chunks: [] });
    add(chunk, byName.get(name));
    const shared = SHARED.filter(({ pack }) => pack === name);
    const isShared = ({ inputs }) => Object.keys(inputs).some((path) => shared.some(({ module }) => module.test(path)));
    for (const [other, output] of chunks) if (isShared(output)) add(other, byName.get(name));
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

async function buildPack(pack, { packs, chunks, temporary, folder, options }) {
  // Plain values: packs do not need each other while they are made, and a namespace would be a function for each name at every start.
  const names = pack.chunks.map((chunk, index) => chunks.get(chunk).exports.map((name) => ({ name, local: `${name}$${index}` })));
  const imports = pack.chunks.map((chunk, index) => {
    const list = names[index].map(({ name, local }) => `${name} as ${local}`).join(", ");
    return `import { ${list} } from ${JSON.stringify(chunk)};`;
  });
  const exported = pack.chunks.map((chunk, index) => {
    return `${JSON.stringify(basename(chunk))}: { ${names[index].map(({ name, local }) => `${JSON.stringify(name)}: ${local}`).join(", ")} }`;
  });
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
    stdin: { contents: `${imports.join("\n")}\ngive({ ${exported.join(", ")} });`, resolveDir: temporary },
    format: "cjs",
    // Read at every start: without blanks and comments it is half as long. Names stay, for whoever reads a stack.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "external",
    banner: { js: "(function(give,require){" },
    footer: { js: "})" },
    outfile: join(folder, `${pack.name}.cjs`),
    external: ["lazy:*", "pack:*"],
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
