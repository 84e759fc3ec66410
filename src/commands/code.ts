import { Option } from "commander";
import { FRAMEWORKS, frameworkNamed, writeCode, type FrameworkName } from "../code/write.js";
import { closest } from "../read/notation/closest.js";
import { readModel } from "../source/read.js";
import { collect, inputShapes, wholeNumber, type Context, type Register } from "./command.js";
import { emit } from "./output.js";
import type { Layout } from "../graph/layout.js";

const HELP = `
The module computes what the layers are counted as; weights are the framework's own at the start. Layers and
network files without branches can be written. Where the size of an image is not said, the code fits every size.

Examples:
  convcost code "sep 3x3 64->128"
  convcost code "sep 3x3 64->128 s2" --framework keras
  convcost code "conv 3x3 3->32 s2; bn; relu; gap; flatten; linear 10 bias" --framework flax --name Tiny
  convcost code zoo:vgg16 --set classes=10 -o vgg.py
  convcost code net.yaml --input 3x96x96`;

interface CodeFlags {
  readonly framework: FrameworkName;
  readonly name?: string;
  readonly input?: readonly string[];
  readonly batch?: number;
  readonly layout?: Layout;
  readonly set: readonly string[];
  readonly output?: string;
}

/** `convcost code`: layers as a module of a framework. */
export const code: Register = (program, context) => {
  program
    .command("code")
    .argument("<spec...>", "layers, a file of layers, a network file, zoo:NAME, or -")
    .description("write layers or a network without branches as a module of PyTorch, Keras or Flax")
    // Its own parser comes after the choices, which completion reads: a misspelt name gets a suggestion.
    .addOption(new Option("--framework <name>", "what to write").choices(FRAMEWORKS).argParser(frameworkTyped).default(FRAMEWORKS[0]))
    .option("--name <class>", "what the class is called (default: after the network, else Net)")
    .option("-i, --input <shape>", "input shape, batch included or not: 64x56x56 or 1,64,56,56", collect)
    .option("-b, --batch <n>", "batch size", wholeNumber("--batch"))
    .addOption(
      new Option("--layout <order>", "order of the axes in --input: Keras has nhwc, PyTorch and the shorthand nchw").choices(["nchw", "nhwc"]),
    )
    .option("--set <name=value>", "set a parameter of a network file or zoo network: alpha=0.5, variant=NAME", collect, [])
    .option("-o, --output <file>", "write to a file, whole or not at all")
    .addHelpText("after", HELP)
    .action(async (specs: readonly string[], flags: CodeFlags) => {
      await run(specs, flags, context);
    });
};

function frameworkTyped(text: string): FrameworkName {
  return frameworkNamed(text, closest(text.trim(), FRAMEWORKS));
}

async function run(specs: readonly string[], flags: CodeFlags, context: Context): Promise<void> {
  const { framework, name, layout } = flags;
  const options = { input: inputShapes(flags.input), batch: flags.batch, layout };
  const graph = await readModel(specs, context.io, flags.set, options);
  emit(context, flags, writeCode(graph, { ...options, framework, name }));
}
