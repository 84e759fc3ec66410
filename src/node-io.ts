import {
  appendFileSync,
  closeSync,
  createReadStream,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { availableParallelism } from "node:os";
import { Worker as Thread } from "node:worker_threads";
import type { FileBytes, FileContent, Io, OutputFile, OutputStream, Worker } from "./io.js";

/** The first argument of a thread that is a worker of this program. */
export const WORKER = "--worker";

/** Larger spec files are refused before they are read. */
const MAX_FILE = 256 * 1024 * 1024;

/** The streams and files of this process. */
export function nodeIo(): Io {
  return {
    env: process.env,
    stdout: stream(1, () => process.stdout),
    stderr: stream(2, () => process.stderr),
    readStdin: () => readFileDescriptor(0),
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
      return terminal()?.columns;
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

/** Writes everything before it returns; a reader that has gone away (`| head -1`) ends the program quietly, a failed check still failed. */
function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EPIPE") process.exit(process.exitCode ?? 0);
      if (code !== "EAGAIN") throw error;
      // A pipe that is full: wait for its reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const stream: AsyncIterable<unknown> = path === "-" ? process.stdin : createReadStream(path);
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}

function readFileDescriptor(descriptor: number): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readSome(descriptor, chunk);
    total += length;
    if (length === 0 || total > MAX_FILE) return Buffer.concat(chunks);
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
    return { type: "file", bytes: readFileSync(path) };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { type: "missing" };
    return { type: "unreadable", reason: code };
  }
}

function writeFile(path: string, pieces: Iterable<string>): void {
  const file = openFile(path);
  try {
    for (const piece of pieces) file.write(piece);
  } catch (error) {
    file.discard();
    throw error;
  }
  file.close();
}

/** A regular file, read where it is asked for. */
function openBytes(path: string): FileBytes | undefined {
  try {
    const descriptor = openSync(path, "r");
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      closeSync(descriptor);
      return undefined;
    }
    return {
      length: stats.size,
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
        closeSync(descriptor);
      },
    };
  } catch {
    return undefined;
  }
}

/** A regular file is written beside itself and renamed; a device or pipe (`/dev/stdout`) is written as it is. */
function openFile(path: string): OutputFile {
  if (isSpecial(path)) {
    const descriptor = openSync(path, "w");
    const close = () => {
      closeSync(descriptor);
    };
    const write = (text: string) => {
      writeFileSync(descriptor, text);
    };
    return { write, close, discard: close };
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const descriptor = openSync(temporary, "wx");
  const discard = () => {
    rmSync(temporary, { force: true });
  };
  // Ctrl-C leaves nothing behind; 130 is what a shell gives a program that it ends.
  const interrupted = () => {
    discard();
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  return {
    write: (text) => {
      writeFileSync(descriptor, text);
    },
    close: () => {
      try {
        if (fstatSync(descriptor).isFile()) fsyncSync(descriptor);
        closeSync(descriptor);
        renameSync(temporary, path);
      } catch (error) {
        discard();
        throw error;
      } finally {
        process.off("SIGINT", interrupted);
      }
    },
    discard: () => {
      closeSync(descriptor);
      discard();
      process.off("SIGINT", interrupted);
    },
  };
}

/** A thread of this same program, handed a task; it answers each message with one. */
function startWorker(task: unknown): Worker {
  const script = process.argv[1];
  if (script === undefined) throw new Error("a worker needs the program's own file");
  const thread = new Thread(script, { workerData: { task }, argv: [WORKER] });
  const waiting: { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }[] = [];
  let death: Error | undefined;
  const die = (error: Error) => {
    death ??= error;
    for (const { reject } of waiting.splice(0)) reject(death);
  };
  thread.on("message", (answer: unknown) => waiting.shift()?.resolve(answer));
  thread.on("error", (error) => {
    die(error instanceof Error ? error : new Error(String(error)));
  });
  thread.on("exit", () => {
    die(new Error("a worker has ended"));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (death !== undefined) {
          reject(death);
          return;
        }
        waiting.push({ resolve, reject });
        thread.postMessage(request);
      }),
    stop: async () => {
      await thread.terminate();
    },
  };
}

function isSpecial(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/** The system's code of an error (`ENOENT`), or its text. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return String(error);
}
