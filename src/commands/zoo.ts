import { writeJson } from "../report/json.js";
import type { Report } from "../report/report.js";
import { zooFamilies, zooModel, type ZooFamily } from "../zoo/zoo.js";
import { addOutputFlags, type OutputFlags, type Register } from "./command.js";
import { emit, show } from "./output.js";

const HELP = `
Every name is counted as zoo:NAME, and every network file is written as your own would be.

Examples:
  convcost zoo
  convcost zoo show mobilenet_v2 > net.yaml
  convcost count zoo:resnext101_64x4d
  convcost count zoo:mobilenet_v1 --set alpha=0.5 --set resolution=160`;

/** `convcost zoo`: lists the well-known networks; `zoo show NAME` prints one as a network file. */
export const zoo: Register = (program, context) => {
  const command = program.command("zoo").description("list the well-known networks, or print one as a network file");
  command
    .command("show")
    .argument("<name>", "a network, as the list has it")
    .description("print the network file of one")
    .option("-o, --output <file>", "write to a file, whole or not at all")
    .action(async (name: string, flags: OutputFlags) => {
      emit(context, flags, await shown(name));
    });
  addOutputFlags(command.command("list", { isDefault: true }).description("list the networks (the default)")).action(async (flags: OutputFlags) => {
    await show(context, flags, listed());
  });
  command.addHelpText("after", HELP);
};

/** The file of a family as it stands, or that of a variant with its parameters filled in. */
async function shown(name: string): Promise<string> {
  const { text, family, variant } = zooModel(name.replace(/^zoo:/, ""));
  if (variant === undefined) return text;
  const { withVariant } = await import("../read/network/variant.js");
  return withVariant(text, variant, `zoo:${family}`);
}

function listed(): Report {
  const families = zooFamilies();
  const others = ({ name, variants }: ZooFamily) => variants.filter((variant) => variant !== name);
  return {
    json: () => `${writeJson({ schema: "convcost/zoo@1", families: families.map((family) => ({ ...family })) })}\n`,
    csv: () => ({
      columns: ["name", "description", "variants"].map((key) => ({ key, title: key, unit: "", align: "left" })),
      rows: families.map((family) => ({ style: "normal", cells: [family.name, family.description, others(family).join(" ")] })),
    }),
    blocks: () => [{ type: "terms", terms: families.map((family) => ({ name: family.name, meaning: family.description, also: others(family) })) }],
  };
}
