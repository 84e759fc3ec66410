import { appendFileSync, closeSync, createReadStream, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { FileBytes, FileContent, Io, OutputStream } from "./io.js";
import { codeOf, openFile, writeAll, writeFile } from "./node-output.js";
import { startWorker } from "./node-worker.js";

/** Larger texts are refused before they are read, and so is more from a pipe. */
const MAX_FILE = 256 * 1024 * 1024;

/** The streams and files of this process. */
export function nodeIo(): Io {
  return {
    env: process.env,
    stdout: stream(1, () => process.stdout),
    stderr: stream(2, () => process.stderr),
    cwd: () => process.cwd(),
    readStdin,
    readChunks,
    readFile,
    openBytes,
    writeFile,
    appendFile: (path, text) => {
      appendFileSync(path, text);
    },
    openFile,
    willExit: (code) => {
      process.exitCode = code;
    },
    now: () => performance.now(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    get cores() {
      return availableParallelism();
    },
    startWorker,
  };
}

/** Node's own stream is opened only for what may be a terminal: that takes a tenth of a bare start. */
function stream(descriptor: number, open: () => { readonly isTTY?: boolean; readonly columns?: number }): OutputStream {
  const terminal = () => (mayBeTerminal(descriptor) ? open() : undefined);
  return {
    write: (text) => {
      writeAll(descriptor, text);
    },
    get isTerminal() {
      return terminal()?.isTTY === true;
    },
    get columns() {
      // A terminal that was never told its size says 0.
      const columns = terminal()?.columns;
      return columns === 0 ? undefined : columns;
    },
  };
}

function mayBeTerminal(descriptor: number): boolean {
  try {
    if (process.platform === "win32") return true;
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && stats.rdev !== statSync("/dev/null").rdev;
  } catch {
    return false;
  }
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  // Of a folder Node makes a standard input that ends at once: read as a file it complains.
  const isStream = path === "-" && !fstatSync(0).isDirectory();
  const stream: AsyncIterable<unknown> = isStream ? process.stdin : createReadStream(path, path === "-" ? { fd: 0 } : {});
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}

function readStdin(): FileContent {
  try {
    return contentOf(0);
  } catch (error) {
    const code = codeOf(error);
    return code === "EISDIR" ? { type: "folder" } : { type: "unreadable", reason: code };
  }
}

/** All that a pipe or device gives. */
function contentOf(descriptor: number): FileContent {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readSome(descriptor, chunk);
    if (length === 0) return { type: "file", bytes: Buffer.concat(chunks) };
    total += length;
    if (total > MAX_FILE) return { type: "too-large" };
    chunks.push(chunk.subarray(0, length));
  }
}

function readSome(descriptor: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, chunk);
    } catch (error) {
      if (codeOf(error) === "EOF") return 0;
      if (codeOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function readFile(path: string): FileContent {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) return { type: "folder" };
    if (stats.isFile() && stats.size > MAX_FILE) return { type: "too-large" };
    if (stats.isFile()) return { type: "file", bytes: readFileSync(path) };
    return readSpecial(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { type: "missing" };
    return { type: "unreadable", reason: code };
  }
}

/** A pipe or device (`<(command)`, `/dev/stdin`): it has no length, and need not have an end. */
function readSpecial(path: string): FileContent {
  const descriptor = openSync(path, "r");
  try {
    return contentOf(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What the system says where it opens no more files, for this program or for all. */
const TOO_MANY: ReadonlySet<string> = new Set(["EMFILE", "ENFILE"]);

/** A regular file, read where it is asked for. Throws the system's error where it opens no more files. */
function openBytes(path: string): FileBytes | undefined {
  try {
    // Before it is opened: a pipe has one reader, and who opens it waits for its writer.
    if (!statSync(path).isFile()) return undefined;
    const descriptor = openSync(path, "r");
    let isOpen = true;
    return {
      length: fstatSync(descriptor).size,
      read: (start, end) => {
        const bytes = new Uint8Array(Math.max(0, end - start));
        let filled = 0;
        while (filled < bytes.length) {
          const count = readSync(descriptor, bytes, filled, bytes.length - filled, start + filled);
          if (count === 0) break;
          filled += count;
        }
        return bytes.subarray(0, filled);
      },
      close: () => {
        if (isOpen) closeSync(descriptor);
        isOpen = false;
      },
    };
  } catch (error) {
    // Without this a file that is there would be taken for one that is not.
    if (TOO_MANY.has(codeOf(error))) throw error;
    return undefined;
  }
}
