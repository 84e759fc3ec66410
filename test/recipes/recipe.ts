import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { input, model, node, output, weight } from "../read/onnx-model.js";

/** The checkout: the action, and what the recipes install. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The block of the README that stands below its file's name, as it is copied. */
export function recipe(name: string): string {
  const [, , block] = new RegExp(`<!-- ${name.replaceAll(".", "\\.")} -->\\n\\n\`\`\`(\\w+)\\n([^]*?)\`\`\`\\n`).exec(README) ?? [];
  if (block === undefined) throw new Error(`the README has no recipe ${name}`);
  return block;
}

/** What stands at a path of YAML. */
export function at(yaml: string, ...path: readonly (string | number)[]): unknown {
  const tree: unknown = parse(yaml);
  return path.reduce((within, key) => child(within, key), tree);
}

export function child(tree: unknown, key: string | number): unknown {
  return entries(tree).find(([name]) => name === String(key))?.[1];
}

export function entries(tree: unknown): readonly (readonly [string, unknown])[] {
  return typeof tree === "object" && tree !== null ? Object.entries(tree) : [];
}

/** A list of texts, or texts by name; what is something else is not there. */
export function texts(tree: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(entries(tree).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
}

/** conv 3x3 3 -> `channels`, 8x8 -> 6x6: 27 parameters a channel, 36 times as many multiply-adds. Then a relu. */
export const onnx = (channels: number): Uint8Array =>
  model([
    node("Conv", ["x", "w"], ["c"], { name: "conv" }),
    node("Relu", ["c"], ["y"], { name: "relu" }),
    weight("w", [channels, 3, 3, 3]),
    input("x", [1, 3, 8, 8]),
    output("y", [1, channels, 6, 6]),
  ]);
export const PARAMS = 27;
export const MACS = 27 * 36;

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of a user's, and a PATH on which `convcost` is this checkout's and what is not to be had here is a stand-in. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), "convcost-recipe-"));
  readonly home = join(this.folder, "home");
  readonly project = join(this.folder, "project");
  private readonly bin = join(this.folder, "bin");

  constructor() {
    for (const folder of [this.home, this.project, this.bin]) mkdirSync(folder);
    symlinkSync(process.execPath, join(this.bin, "node"));
    this.command("convcost", `exec node ${JSON.stringify(join(ROOT, "bin/convcost.js"))} "$@"`);
  }

  /** Puts a command before all others. */
  command(name: string, script: string): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/usr/bin/env bash\n${script}\n`);
    chmodSync(path, 0o755);
  }

  /** Writes a file of the project. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.project, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.project, name), "utf8");
  }

  /** Runs a script as CI does: it ends at the first command that fails. */
  run(script: string, env: Readonly<Record<string, string>> = {}): Ran {
    return this.start("bash", ["-e", "-o", "pipefail", "-c", script], env);
  }

  start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
    const path = `${this.bin}${delimiter}${process.env["PATH"] ?? ""}`;
    return spawnSync(command, args, { cwd: this.project, encoding: "utf8", env: { PATH: path, HOME: this.home, TZ: "UTC", ...env } });
  }
}

/** Whether a command is to be had here. */
export function has(command: string): boolean {
  return spawnSync(command, ["--version"]).status === 0;
}
