import { dirname, isAbsolute, join } from "node:path";
import { Command, CommanderError } from "commander";
import { readConfig, readPackageConfig, type ModelConfig } from "../config/config.js";
import { fail } from "../graph/diagnostic.js";
import type { Io } from "../io.js";
import { addSourceFlags, sourceFlagNames, type SourceFlags } from "./command.js";
import type { CheckTask } from "./check-run.js";

/** Where a config is looked for when none is named, the first that is there. */
const NAMES = ["convcost.config.yaml", "convcost.config.yml", "convcost.config.json"] as const;
const PACKAGE = "package.json";

/** The models of a config file, or of the one in this folder. Throws `no-config`, and what is wrong with it. */
export function configTasks(path: string | undefined, io: Io): readonly CheckTask[] {
  const flags = sourceFlagNames();
  const found = path === undefined ? findConfig(io, flags) : { path, models: read(path, io, flags) ?? noConfig(path) };
  const folder = dirname(found.path);
  return found.models.map((model) => taskOf(model, within(io, folder)));
}

function findConfig(io: Io, flags: readonly string[]): { readonly path: string; readonly models: readonly ModelConfig[] } {
  for (const path of [...NAMES, PACKAGE]) {
    const models = io.readFile(path).type === "missing" ? undefined : read(path, io, flags);
    if (models !== undefined) return { path, models };
  }
  return fail("no-config", "nothing to check: no source is given, and no config is in this folder", {
    expected: `a source with budgets, or ${NAMES.join(", ")}, or the key convcost of package.json`,
    hint: "convcost check model.onnx --max-macs 300M",
  });
}

function noConfig(path: string): never {
  return fail("no-config", "this package.json has no key convcost", { place: { kind: "file", path } });
}

function read(path: string, io: Io, flags: readonly string[]): readonly ModelConfig[] | undefined {
  const content = io.readFile(path);
  if (content.type !== "file") {
    const why = content.type === "missing" ? "there is no such file" : content.type === "folder" ? "this is a folder" : "this file cannot be read";
    return fail("unreadable-file", why, { place: { kind: "file", path }, expected: "a config in YAML or JSON" });
  }
  const text = new TextDecoder().decode(content.bytes);
  if (/(?:^|[/\\])package\.json$/.test(path)) return readPackageConfig(text, { source: path, flags });
  return readConfig(text, { source: path, syntax: /\.json$/i.test(path) ? "json" : "yaml", flags });
}

/** Files as a config sees them: paths are relative to its folder. */
function within(io: Io, folder: string): Io {
  const resolve = (path: string) => (isAbsolute(path) || folder === "." ? path : join(folder, path));
  return { ...io, readFile: (path) => io.readFile(resolve(path)), openBytes: (path) => io.openBytes(resolve(path)) };
}

function taskOf(model: ModelConfig, io: Io): CheckTask {
  const { name, source, place, settings, budgets, increases, baseline, unknown } = model;
  return {
    name: name ?? source,
    source,
    place,
    io,
    given: settings.map(({ flag }) => `--${flag}`),
    flags: () => flagsOf(settings),
    budgets,
    increases,
    baseline,
    unknown,
    places: [...budgets, ...increases].map((entry) => entry.place),
  };
}

/** Settings as the command line would have them: commander checks each, a complaint points at it. */
function flagsOf(settings: ModelConfig["settings"]): SourceFlags {
  const parser = () =>
    addSourceFlags(new Command())
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
  for (const { flag, values, place } of settings) {
    try {
      parser().parse(argumentsOf(flag, values), { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      fail("bad-setting", error.message.replace(/^error: /, ""), { place });
    }
  }
  return parser()
    .parse(
      settings.flatMap(({ flag, values }) => argumentsOf(flag, values)),
      { from: "user" },
    )
    .opts<SourceFlags>();
}

function argumentsOf(flag: string, values: readonly string[]): readonly string[] {
  return values.map((value) => `--${flag}=${value}`);
}
