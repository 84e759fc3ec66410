import {
  accessSync,
  appendFileSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { availableParallelism } from "node:os";
import { UnwritableOutput, type FileBytes, type FileContent, type Io, type OutputFile, type OutputStream } from "./io.js";
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

/** What a write says whose reader has gone: a pipe, and a socket (the pipes of Node's own children) with something left to read. */
const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"]);

/**
 * Writes everything before it returns; a reader that has gone away (`| head -1`) ends the program quietly, a failed check still failed. What
 * standard error does not take is lost: there is nowhere else to say it. Throws `UnwritableOutput`.
 */
function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const code = codeOf(error);
      if (GONE.has(code)) process.exit(process.exitCode ?? 0);
      if (code !== "EAGAIN" && descriptor === 2) return;
      if (code !== "EAGAIN") throw new UnwritableOutput(code);
      // A pipe that is full: wait for its reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
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

/** A regular file is written beside itself and renamed, its mode kept and links followed; a device or pipe (`/dev/stdout`) is written as it is. */
function openFile(path: string): OutputFile {
  if (isSpecial(path)) {
    const descriptor = openSync(path, "w");
    const close = () => {
      closeSync(descriptor);
    };
    const write = (text: string) => {
      writeSpecial(descriptor, text);
    };
    return { write, close, discard: close };
  }
  const target = targetOf(path);
  const before = statSync(target, { throwIfNoEntry: false });
  // To replace a file takes no right to write to it: one that is read-only is left alone.
  if (before !== undefined) accessSync(target, constants.W_OK);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const descriptor = openSync(temporary, "wx", before === undefined ? undefined : 0o600);
  // A file of another owner or group is not to change hands: what cannot be given away again is written where it is.
  const isReplaceable = before === undefined || (before.nlink === 1 && givenTo(descriptor, before));
  if (before !== undefined) fchmodSync(descriptor, before.mode);
  const discard = () => {
    rmSync(temporary, { force: true });
  };
  const letGo = whateverEnds(discard);
  return {
    write: (text) => {
      writeFileSync(descriptor, text);
    },
    close: () => {
      try {
        if (fstatSync(descriptor).isFile()) fsyncSync(descriptor);
        closeSync(descriptor);
        if (isReplaceable) renameSync(temporary, target);
        else {
          // Another name of the same file is to see what is written: the file stays, its content is replaced.
          copyFileSync(temporary, target);
          discard();
        }
      } catch (error) {
        discard();
        throw error;
      } finally {
        letGo();
      }
    },
    discard: () => {
      closeSync(descriptor);
      discard();
      letGo();
    },
  };
}

/** Gives a new file the owner and the group of another; whether it has them then. */
function givenTo(descriptor: number, { uid, gid }: Stats): boolean {
  const made = fstatSync(descriptor);
  if (made.uid === uid && made.gid === gid) return true;
  try {
    fchownSync(descriptor, uid, gid);
    return true;
  } catch {
    return false;
  }
}

/** As many links as Linux follows one after another. */
const MAX_LINKS = 40;

/** Where a link leads, whether there is something or not yet; any other path is returned unchanged. */
function targetOf(path: string): string {
  let target = path;
  for (let links = 0; lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) {
    if (links === MAX_LINKS) throw Object.assign(new Error("too many links"), { code: "ELOOP" });
    target = resolve(dirname(target), readlinkSync(target));
  }
  return target;
}

/** As standard output is written; only that the complaint names the file. */
function writeSpecial(descriptor: number, text: string): void {
  try {
    writeAll(descriptor, text);
  } catch (error) {
    throw error instanceof UnwritableOutput ? Object.assign(error, { code: error.reason }) : error;
  }
}

/** Signals that end a program unless it listens, with what a shell then gives as its exit code: 128 and the signal's number. */
const ENDING = [
  ["SIGHUP", 129],
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const;

/**
 * Undoes what is half done however the program ends: by a signal, or by leaving early (a reader that has gone away).
 * @returns a function that calls it off
 */
function whateverEnds(undo: () => void): () => void {
  const listeners = ENDING.map(([signal, code]) => ({ signal, leave: () => process.exit(code) }));
  for (const { signal, leave } of listeners) process.once(signal, leave);
  process.once("exit", undo);
  return () => {
    for (const { signal, leave } of listeners) process.off(signal, leave);
    process.off("exit", undo);
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
