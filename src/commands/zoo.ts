import type { Grid } from "../report/grid.js";
import { renderCsv } from "../report/csv.js";
import { writeJson } from "../report/json.js";
import { renderMarkdown } from "../report/markdown.js";
import { zooFamilies, zooModel, type ZooFamily } from "../zoo/zoo.js";
import { emit, formatOf, FORMATS, tableWidth, type Context, type Format, type Register } from "./command.js";
import { Option } from "commander";

const HELP = `
Every name is counted as zoo:NAME, and every network file is written as your own would be.

Examples:
  convcost zoo
  convcost zoo show mobilenet_v2 > net.yaml
  convcost count zoo:resnext101_64x4d
  convcost count zoo:mobilenet_v1 --set alpha=0.5 --set resolution=160`;

interface ZooFlags {
  readonly format?: Format;
  readonly json?: boolean;
  readonly output?: string;
}

/** `convcost zoo`: lists the well-known networks; `zoo show NAME` prints one as a network file. */
export const zoo: Register = (program, context) => {
  const command = program.command("zoo").description("list the well-known networks, or print one as a network file");
  output(command.command("show").argument("<name>", "a network, as the list has it").description("print the network file of one")).action(
    async (name: string, flags: ZooFlags) => {
      emit(context, flags, await shown(name));
    },
  );
  output(command.command("list", { isDefault: true }).description("list the networks (the default)"))
    .addOption(new Option("-f, --format <format>", 'what to print (default: "table")').choices(FORMATS))
    .option("--json", "short for --format json")
    .action((flags: ZooFlags) => {
      list(flags, context);
    });
  command.addHelpText("after", HELP);
};

function output<T extends { option: (flags: string, description: string) => T }>(command: T): T {
  return command.option("-o, --output <file>", "write to a file, whole or not at all");
}

/** The file of a family as it stands, or that of a variant with its parameters filled in. */
async function shown(name: string): Promise<string> {
  const { text, family, variant } = zooModel(name.replace(/^zoo:/, ""));
  if (variant === undefined) return text;
  const { withVariant } = await import("../read/network/variant.js");
  return withVariant(text, variant, `zoo:${family}`);
}

function list(flags: ZooFlags, context: Context): void {
  const families = zooFamilies();
  const grid: Grid = {
    columns: [
      { key: "name", title: "name", unit: "", align: "left" },
      { key: "description", title: "what it is", unit: "", align: "left" },
      { key: "variants", title: "also", unit: "", align: "left" },
    ],
    rows: families.map(({ name, description, variants }) => ({
      style: "normal",
      cells: [name, description, variants.filter((variant) => variant !== name).join(" ")],
    })),
  };
  emit(context, flags, rendered(formatOf(flags), grid, families, context, flags));
}

function rendered(format: Format, grid: Grid, families: readonly ZooFamily[], context: Context, flags: ZooFlags): string {
  switch (format) {
    case "json":
      return writeJson({ schema: "convcost/zoo@1", families: families.map((family) => ({ ...family })) }) + "\n";
    case "csv":
      return renderCsv(grid);
    case "markdown":
      return renderMarkdown(grid);
    case "table":
      return listing(families, context, flags);
  }
}

/** Name and description on a line, the variants below: their lists are longer than a column can be. */
function listing(families: readonly ZooFamily[], context: Context, flags: ZooFlags): string {
  const width = (tableWidth(context, flags) ?? 100) - 4;
  const { chalk } = context;
  const longest = Math.max(...families.map(({ name }) => name.length));
  return families
    .map(({ name, description, variants }) => {
      const others = variants.filter((variant) => variant !== name);
      const lines = wrapped(others, width).map((line) => `    ${chalk.dim(line)}`);
      return [`${chalk.bold(name.padEnd(longest))}  ${description}`, ...lines].join("\n");
    })
    .join("\n")
    .concat("\n");
}

function wrapped(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
