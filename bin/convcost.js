#!/usr/bin/env node
"use strict";
// Starts the bundled program. A run compiles nothing: it takes V8's compiled code from dist/cache, which warm.js writes at the first run of a Node.
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const dist = path.join(__dirname, "../dist");
/** Packs as they were loaded: by name, what each exports by chunk, and its script. */
const packs = new Map();
const cache = cacheFolder();

/** Code caches are of one Node: its version, and the size of its binary, which tells builds of one version apart. None where they are not wanted. */
function cacheFolder() {
  if (process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  try {
    return path.join(dist, "cache", `${process.version}-${process.platform}-${process.arch}-${fs.statSync(process.execPath).size}`);
  } catch {
    return undefined;
  }
}

function load(name) {
  const known = packs.get(name);
  if (known !== undefined) return known.exports;
  const filename = path.join(dist, "cli", `${name}.cjs`);
  const source = fs.readFileSync(filename);
  const cachedData = cachedCode(name, source);
  // Packs are ASCII.
  const script = new vm.Script(source.latin1Slice(), { filename, cachedData });
  const pack = { exports: {}, script, source, cached: cachedData !== undefined };
  packs.set(name, pack);
  script.runInThisContext()(pack.exports, ask, pack);
  return pack.exports;
}

/**
 * The code that V8 made of this very source. V8 looks at a source's length alone and at no checksum, and dies of a file that was cut or
 * overwritten; so the file has the source, whole, and the code twice over: what is not equal is not taken.
 */
function cachedCode(name, source) {
  if (cache === undefined) return undefined;
  try {
    const file = fs.readFileSync(path.join(cache, `${name}.bin`));
    const length = (file.length - source.length) / 2;
    if (!(length > 0) || !Number.isInteger(length)) return undefined;
    const [middle, end] = [source.length, source.length + length];
    const intact = file.compare(source, 0, middle, 0, middle) === 0 && file.compare(file, end, file.length, middle, end) === 0;
    return intact ? file.subarray(middle, end) : undefined;
  } catch {
    return undefined;
  }
}

/** What the bundle calls `require`: a chunk of a pack, or a module of Node's. */
function ask(id) {
  if (!id.startsWith("pack:")) return require(id);
  const [name, chunk] = id.slice(5).split("#");
  return load(name)[chunk];
}

if (!fs.existsSync(path.join(dist, "cli/main.cjs"))) {
  process.stderr.write("convcost is not built: run `npm install` in its folder first\n");
  process.exit(70);
}
const cli = load("main")["cli-main.js"];
cli.main()?.then(async (code) => {
  if (cache !== undefined && [...packs.values()].some(({ cached }) => !cached))
    await require("./warm.js").writeCaches({ cache, packs, run: cli.run });
  // Everything is written by now: to leave is faster than to let Node look for what it still has to do.
  process.exit(code);
});
