import { run, type ExitCode } from "../../src/cli.js";
import type { FileContent, Io } from "../../src/io.js";

export interface Outcome {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: ReadonlyMap<string, string>;
}

export interface Setting {
  /** A list comes chunk by chunk, to whoever reads it so. */
  readonly stdin?: string | readonly (string | Uint8Array)[];
  readonly files?: Readonly<Record<string, FileContent>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Columns of the terminal; absent: the output is piped. */
  readonly terminal?: number;
  /** The code of the system error that writing a file meets. */
  readonly writeError?: string;
  readonly startWorker?: Io["startWorker"];
  /** Sees each write to standard output. */
  readonly onWrite?: (text: string) => void;
}

export const file = (text: string): FileContent => ({ type: "file", bytes: new TextEncoder().encode(text) });

function stdinChunks({ stdin = "" }: Setting): readonly Uint8Array[] {
  const pieces = typeof stdin === "string" ? [stdin] : stdin;
  return pieces.map((piece) => (typeof piece === "string" ? new TextEncoder().encode(piece) : piece));
}

async function* chunksOf(path: string, setting: Setting): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  const content = setting.files?.[path];
  if (path === "-") yield* stdinChunks(setting);
  else if (content?.type === "file") yield content.bytes;
  else throw Object.assign(new Error("no such file"), { code: "ENOENT" });
}

/** Runs the whole program in this process, on streams and files of the test's own. */
export async function convcost(argv: readonly string[], setting: Setting = {}): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const written = new Map<string, string>();
  const terminal = setting.terminal;
  const code = await run(argv, {
    cwd: () => "/work",
    env: setting.env ?? {},
    stdout: {
      write: (text) => {
        stdout += text;
        setting.onWrite?.(text);
      },
      isTerminal: terminal !== undefined,
      columns: terminal,
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
      isTerminal: false,
    },
    readStdin: () => ({ type: "file", bytes: Buffer.concat(stdinChunks(setting)) }),
    readChunks: (path) => chunksOf(path, setting),
    readFile: (path) => setting.files?.[path] ?? { type: "missing" },
    openBytes: (path) => {
      const content = setting.files?.[path];
      if (content?.type !== "file") return undefined;
      return { length: content.bytes.length, read: (start, end) => content.bytes.subarray(start, end), close: () => undefined };
    },
    writeFile: (path, pieces) => {
      const text = [...pieces].join("");
      if (setting.writeError !== undefined) throw Object.assign(new Error("cannot write"), { code: setting.writeError });
      written.set(path, text);
    },
    appendFile: (path, text) => {
      if (setting.writeError !== undefined) throw Object.assign(new Error("cannot write"), { code: setting.writeError });
      written.set(path, (written.get(path) ?? "") + text);
    },
    openFile: (path) => {
      if (setting.writeError !== undefined) throw Object.assign(new Error("cannot write"), { code: setting.writeError });
      let content = "";
      return {
        write: (text) => {
          content += text;
        },
        close: () => void written.set(path, content),
        discard: () => undefined,
      };
    },
    now: () => 0,
    breathe: () => Promise.resolve(),
    cores: 4,
    startWorker: setting.startWorker,
  });
  return { code, stdout, stderr, written };
}
