import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UnwritableOutput, type OutputFile } from "./io.js";

/** What a write says whose reader has gone: a pipe, and a socket (the pipes of Node's own children) with something left to read. */
const GONE: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"]);

/**
 * Writes everything before it returns; a reader that has gone away (`| head -1`) ends the program quietly, a failed check still failed. What
 * standard error does not take is lost: there is nowhere else to say it. Throws `UnwritableOutput`.
 */
export function writeAll(descriptor: number, text: string): void {
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

/** Writes a file, whole or not at all. Throws the system's error. */
export function writeFile(path: string, pieces: Iterable<string>): void {
  const file = openFile(path);
  try {
    for (const piece of pieces) file.write(piece);
  } catch (error) {
    file.discard();
    throw error;
  }
  file.close();
}

/** A regular file is written beside itself and renamed, its mode kept and links followed; a device or pipe (`/dev/stdout`) is written as it is. */
export function openFile(path: string): OutputFile {
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
