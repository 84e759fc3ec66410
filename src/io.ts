/** What a command may touch, handed in so that the whole program runs in a test without a process. */
export interface Io {
  /** The folder that paths are relative to. */
  readonly cwd: () => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** All of standard input. */
  readonly readStdin: () => FileContent;
  /** A file, or standard input (`-`), as it comes, no more of it at a time than a piece; throws the system's error. */
  readonly readChunks: (path: string) => AsyncIterable<Uint8Array>;
  /** A file, or why it cannot be read. */
  readonly readFile: (path: string) => FileContent;
  /** A file to read in pieces; nothing where it is no regular file that can be read. */
  readonly openBytes: (path: string) => FileBytes | undefined;
  /** Writes a file, given in pieces, whole or not at all; throws the system's error. */
  readonly writeFile: (path: string, pieces: Iterable<string>) => void;
  /** Writes at the end of a file, which is made where there is none; throws the system's error. */
  readonly appendFile: (path: string, text: string) => void;
  /** Opens a file that is there only once it is closed; throws the system's error. */
  readonly openFile: (path: string) => OutputFile;
  /** Milliseconds from some fixed time on. */
  readonly now: () => number;
  /** Lets the system deliver what waits: signals, messages of workers. */
  readonly breathe: () => Promise<void>;
  /** What the program is to end with, should the reader of its output go away before it is done. */
  readonly willExit?: ((code: number) => void) | undefined;
  /** Processor cores that may be used. */
  readonly cores: number;
  /** Starts a worker of this program on a task; absent where there are none (a test, another runtime). */
  readonly startWorker?: ((task: unknown) => Worker) | undefined;
}

/** A file being written: whole when it is closed, gone when it is discarded. */
export interface OutputFile {
  readonly write: (text: string) => void;
  readonly close: () => void;
  readonly discard: () => void;
}

/** A worker that answers requests, one at a time, in order; it rejects what waits when it dies, and what is asked of it afterwards. */
export interface Worker {
  readonly ask: (request: unknown) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** A file that is read where it is asked for; open until it is closed, or the program ends. */
export interface FileBytes {
  readonly length: number;
  readonly read: (start: number, end: number) => Uint8Array;
  /** May be called again. */
  readonly close: () => void;
}

export interface OutputStream {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly columns?: number | undefined;
}

export type FileContent =
  | { readonly type: "file"; readonly bytes: Uint8Array }
  | { readonly type: "missing" | "folder" | "too-large" }
  | { readonly type: "unreadable"; readonly reason: string };

/** Standard output takes no more, and not because its reader has gone: a full disk. */
export class UnwritableOutput extends Error {
  constructor(
    /** The system's code: `ENOSPC`. */
    readonly reason: string,
  ) {
    super(`standard output cannot be written (${reason})`);
  }
}
