import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Python interpreters to try: the system's first, which is the one that a distribution's PyTorch belongs to. */
const INTERPRETERS = ["/usr/bin/python3", "python3", "python"];

/** The first interpreter that can run a line; undefined where there is none. */
export function pythonWith(line: string): string | undefined {
  return INTERPRETERS.find((python) => spawnSync(python, ["-c", line], { timeout: 60_000 }).status === 0);
}

/** What a script beside this file answers to a value, both as JSON. */
export function ask(python: string, script: string, question: unknown): unknown {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [path], {
    input: JSON.stringify(question),
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
  return JSON.parse(stdout);
}
