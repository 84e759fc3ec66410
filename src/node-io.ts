import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FileContent, Io, OutputStream } from "./io.js";

/** Larger spec files are refused before they are read. */
const MAX_FILE = 256 * 1024 * 1024;

/** The streams and files of this process. */
export function nodeIo(): Io {
  return {
    env: process.env,
    stdout: stream(1, process.stdout),
    stderr: stream(2, process.stderr),
    readStdin: () => readFileDescriptor(0),
    readFile,
    writeFile,
  };
}

function stream(descriptor: number, { isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): OutputStream {
  return {
    write: (text) => {
      writeAll(descriptor, text);
    },
    isTerminal: isTTY === true,
    columns,
  };
}

/** Writes everything before it returns; a reader that has gone away (`| head -1`) ends the program quietly. */
function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EPIPE") process.exit(0);
      if (code !== "EAGAIN") throw error;
      // A pipe that is full: wait for its reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
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

/** A regular file is written beside itself and renamed; a device or pipe (`/dev/stdout`) is written as it is. */
function writeFile(path: string, text: string): void {
  if (isSpecial(path)) {
    writeFileSync(path, text);
    return;
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const descriptor = openSync(temporary, "wx");
    try {
      writeFileSync(descriptor, text);
      if (fstatSync(descriptor).isFile()) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
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
