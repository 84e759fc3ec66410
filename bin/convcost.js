#!/usr/bin/env node
"use strict";
// Starts the bundled program. A run compiles nothing: it takes V8's compiled code from dist/cache, which warm.js writes at the first run of a Node.
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const dist = path.join(__dirname, "../dist");
/** Packs as they were loaded: by name, what each exports by chunk, and its script. */
const packs = new Map();
const documents = new Map();
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

/**
 * Files are read into this, one after another: memory that a process touches for the first time is what a start waits for longest.
 * What is only compared passes through the window.
 */
let room = Buffer.allocUnsafeSlow(1 << 20);
const window = Buffer.allocUnsafeSlow(1 << 15);

function load(name) {
  const known = packs.get(name);
  if (known !== undefined) return known.exports;
  const filename = path.join(dist, "cli", `${name}.cjs`);
  // Packs are ASCII.
  const text = reading(filename, (file, size) => read(file, 0, size).latin1Slice());
  const cachedData = cachedCode(name, text.length);
  const script = new vm.Script(text, { filename, cachedData });
  let exports;
  script.runInThisContext()((chunks) => (exports = chunks), ask);
  packs.set(name, { exports, script, text, cached: script.cachedDataRejected === false });
  return exports;
}

/**
 * The code that V8 made of the source that was just read. V8 looks at a source's length alone and at no checksum, and dies of a file that was
 * cut or overwritten; so the file has the source, whole, and the code twice over: what is not equal is not taken.
 */
function cachedCode(name, source) {
  if (cache === undefined) return undefined;
  try {
    return reading(path.join(cache, `${name}.bin`), (file, size) => {
      const length = (size - source) / 2;
      if (!(length > 0) || !Number.isInteger(length) || !isAt(file, 0, source)) return undefined;
      const code = read(file, source, length);
      return isAt(file, source + length, length) ? code : undefined;
    });
  } catch {
    return undefined;
  }
}

function reading(filename, use) {
  const file = fs.openSync(filename);
  try {
    return use(file, fs.fstatSync(file).size);
  } finally {
    fs.closeSync(file);
  }
}

function read(file, position, length) {
  if (length > room.length) room = Buffer.allocUnsafeSlow(length);
  return room.subarray(0, fs.readSync(file, room, 0, length, position));
}

/** Whether a file has, at a position, what was read last. */
function isAt(file, position, length) {
  for (let done = 0; done < length; done += window.length) {
    const some = Math.min(window.length, length - done);
    if (fs.readSync(file, window, 0, some, position + done) !== some || window.compare(room, done, done + some, 0, some) !== 0) return false;
  }
  return true;
}

/** What the bundle calls `require`: a chunk of a pack, a file of JSON, a module of Node's, or one of these when it is first used. */
function ask(id) {
  if (id.startsWith("lazy:")) return new Proxy({}, { get: (_, name) => ask(id.slice(5))[name] });
  if (id.startsWith("json:")) return document(id.slice(5));
  if (!id.startsWith("pack:")) return require(id);
  const [name, chunk] = id.slice(5).split("#");
  return load(name)[chunk];
}

/** A file of JSON, read once. */
function document(name) {
  const known = documents.get(name);
  if (known !== undefined) return known;
  const read = JSON.parse(fs.readFileSync(path.join(dist, "cli", name), "utf8"));
  documents.set(name, read);
  return read;
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
