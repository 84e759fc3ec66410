/** What a command may touch, handed in so that the whole program runs in a test without a process. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** All of standard input. */
  readonly readStdin: () => Uint8Array;
  /** A file, or why it cannot be read. */
  readonly readFile: (path: string) => FileContent;
  /** Writes a file whole or not at all; throws the system's error. */
  readonly writeFile: (path: string, text: string) => void;
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
