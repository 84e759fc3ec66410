"use strict";
// Writes the code caches of the packs: once for each Node, at the end of its first run, or at the build.
const fs = require("node:fs");
const path = require("node:path");

/**
 * Commands whose code is worth keeping: V8 puts into a cache what was compiled until then. What is short is started often, and nothing else's code
 * makes it wait: a tenth more in the cache of main is a hundredth more of a start.
 */
const SHORT = [
  ["count", "conv 3x3 64->128 @56x56", "--json"],
  ["compare", "conv 3x3 512->512 @14x14", "--json"],
  ["count", "conv 3x3 64->128 @56x56"],
];
const LONG = [
  ["compare", "conv 3x3 512->512 @14x14"],
  ["count", "nn.Conv2d(64, 128, 3, padding=1)", "--input", "64x56x56"],
  ["count", "zoo:mobilenet_v2", "--json"],
  ["count", "zoo:resnet50"],
  ["sweep", "zoo:mobilenet_v1", "--set", "alpha=0.5,1", "--json"],
  ["count", "-", "--json"],
];

/** Streams and files of a program that is run for its code alone. */
function nowhere(model) {
  const stream = { write: () => undefined, isTerminal: false, columns: 100 };
  return {
    env: { FORCE_COLOR: "1" },
    stdout: stream,
    stderr: stream,
    readStdin: () => ({ type: "file", bytes: model }),
    readFile: () => ({ type: "missing" }),
    openBytes: () => undefined,
    writeFile: () => undefined,
    openFile: () => ({ write: () => undefined, close: () => undefined, discard: () => undefined }),
    now: () => 0,
    breathe: () => Promise.resolve(),
    cores: 1,
  };
}

/**
 * Runs the usual commands, then writes what V8 compiled; of a pack that is met later, what that run compiled of it. What is written already stays as
 * it is: with every command that was ever run in it, it would grow. Nothing that goes wrong here is the user's: a folder that cannot be written, a disk
 * that is full leave the program without a cache, as it ran before.
 */
async function writeCaches({ cache, packs, run }) {
  // Flags change what V8 compiles: a Node that was given some reads caches, but does not write them.
  if (process.execArgv.length > 0 || process.env.NODE_OPTIONS) return;
  const temporary = path.join(cache, `.${process.pid}.tmp`);
  try {
    fs.mkdirSync(cache, { recursive: true });
    fs.writeFileSync(temporary, "");
    const io = nowhere(fs.readFileSync(path.join(__dirname, "../dist/cli/usual.onnx")));
    const write = (name, { script, text }) => {
      const code = script.createCachedData();
      fs.writeFileSync(temporary, Buffer.concat([Buffer.from(text, "latin1"), code, code]));
      fs.renameSync(temporary, path.join(cache, `${name}.bin`));
    };
    const main = packs.get("main");
    if (!main.cached) {
      for (const argv of SHORT) await run(argv, io);
      write("main", main);
      for (const argv of LONG) await run(argv, io);
    }
    for (const [name, pack] of packs) if (pack !== main && !pack.cached) write(name, pack);
  } catch {
    // No cache, then.
  }
  try {
    fs.rmSync(temporary, { force: true });
  } catch {
    // It could not be made, either.
  }
}

module.exports = { writeCaches };
