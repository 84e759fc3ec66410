import { run, type ExitCode } from "../../src/cli.js";
import type { FileContent } from "../../src/io.js";

export interface Outcome {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: ReadonlyMap<string, string>;
}

export interface Setting {
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, FileContent>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Columns of the terminal; absent: the output is piped. */
  readonly terminal?: number;
  /** The code of the system error that writing a file meets. */
  readonly writeError?: string;
}

export const file = (text: string): FileContent => ({ type: "file", bytes: new TextEncoder().encode(text) });

/** Runs the whole program in this process, on streams and files of the test's own. */
export async function convcost(argv: readonly string[], setting: Setting = {}): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const written = new Map<string, string>();
  const terminal = setting.terminal;
  const code = await run(argv, {
    env: setting.env ?? {},
    stdout: {
      write: (text) => {
        stdout += text;
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
    readStdin: () => new TextEncoder().encode(setting.stdin ?? ""),
    readFile: (path) => setting.files?.[path] ?? { type: "missing" },
    openBytes: (path) => {
      const content = setting.files?.[path];
      if (content?.type !== "file") return undefined;
      return { length: content.bytes.length, read: (start, end) => content.bytes.subarray(start, end) };
    },
    writeFile: (path, pieces) => {
      const text = [...pieces].join("");
      if (setting.writeError !== undefined) throw Object.assign(new Error("cannot write"), { code: setting.writeError });
      written.set(path, text);
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
    cores: 1,
  });
  return { code, stdout, stderr, written };
}
