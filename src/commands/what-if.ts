import { fail } from "../graph/diagnostic.js";
import type { Graph } from "../graph/graph.js";
import type { Primitive } from "../graph/layer.js";
import { globMatcher, parseSelector } from "../compare/selector.js";
import { isVariant, VARIANTS, type VariantLabel } from "../compare/variants.js";
import { whatIf as whatIfModel, type Replacement } from "../compare/what-if.js";
import { parseLayers } from "../read/notation/read.js";
import { sortReplaced, WHAT_IF_COLUMNS, whatIfColumn, whatIfNotes } from "../report/what-if.js";
import { whatIfReport } from "../report/what-if-report.js";
import { readModel } from "../source/read.js";
import {
  addCommonFlags,
  analyzeOptions,
  collect,
  columnList,
  dimensions,
  wholeNumber,
  type CommonFlags,
  type Context,
  type Register,
} from "./command.js";
import { show } from "./output.js";

interface WhatIfFlags extends CommonFlags {
  readonly replace: readonly string[];
  readonly with: readonly string[];
  readonly name: readonly string[];
  readonly keepFirst?: boolean;
  readonly keep: readonly string[];
  readonly between?: string;
  readonly groups?: number;
  readonly expand?: number;
}

const HELP = `
A selector says which convolutions are meant; all of its parts must hold:
  standard, grouped, depthwise, pointwise, any
                              the kind (pointwise is a 1x1 convolution of one group)
  k>1  s=1  d=1  cin>=64  cout<512  g!=1  macs>10M  params>1M
                              largest kernel, stride and dilation size, channels, groups, figures; > >= < <= = !=
  name~'features.*'           a pattern of names: * is any text, ? any character

What they become: ${VARIANTS.map(hyphened).join(", ")}.
Several --replace and --with are pairs; of a convolution that several mean, the first decides. Input and output stay as they are;
stride, padding and dilation go with the step that looks at space, the bias stays at the end. What cannot be replaced is left and named.

Examples:
  convcost whatif model.onnx --replace 'standard k>1' --with depthwise-separable --keep-first
  convcost whatif zoo:resnet50 --replace 'standard k=3' --with grouped --groups 32
  convcost whatif zoo:vgg16 --replace any --name 'features.1?' --with bottleneck --sort macs --top 5
  convcost whatif model.tflite --replace 'k>=5' --with spatially-separable --replace 'k=3' --with depthwise-separable
  convcost whatif zoo:resnet18 --replace 'k=3 s=1' --with depthwise-separable --between 'bn; relu' --json | jq .totals.ratio`;

/** `convcost whatif`: what a model would cost with other convolutions. */
export const whatIf: Register = (program, context) => {
  const command = program
    .command("whatif")
    .argument("<spec...>", "layers, a network file, zoo:NAME, a model file, or -")
    .description("replace convolutions of a model by depthwise separable or other ones, and see what changes");
  addCommonFlags(command, WHAT_IF_COLUMNS)
    .option("--replace <selector>", "which convolutions (default: any, with --name)", collect, [])
    .option("--with <variant>", `what they become: ${VARIANTS.map(hyphened).join(", ")}`, collect, [])
    .option("--name <pattern>", "only layers of such a name, or of one of several: * is any text", collect, [])
    .option("--keep-first", "leave the first convolution as it is, as papers do")
    .option("--keep <pattern>", "leave layers of such a name as they are", collect, [])
    .option("--between <layers>", "put these after each step of a replacement but the last: 'bn; relu'")
    .option("-g, --groups <n>", "groups of grouped (default: its own, else 4)", wholeNumber("--groups"))
    .option("-e, --expand <n>", "how much bottleneck narrows (default: 4) and inverted-residual widens (default: 6)", wholeNumber("--expand"))
    .addHelpText("after", HELP)
    .action(async (specs: readonly string[], flags: WhatIfFlags) => {
      await run(specs, flags, context);
    });
};

function hyphened(label: string): string {
  return label.replaceAll(" ", "-");
}

async function run(specs: readonly string[], flags: WhatIfFlags, context: Context): Promise<void> {
  const columns = columnList(flags, whatIfColumn);
  const sort = flags.sort === undefined ? undefined : whatIfColumn(flags.sort, "--sort");
  const replacements = replacementsOf(flags);
  const between = flags.between === undefined ? undefined : layersBetween(flags.between);
  const keep = flags.keep.map(globMatcher);
  const options = await analyzeOptions(flags);
  const graph = await readModel(specs, context.io, flags.set, { ...options, dims: dimensions(flags.dim) });
  const { groups, expand, keepFirst } = flags;
  const result = whatIfModel(graph, {
    ...options,
    groups,
    expand,
    keepFirst,
    between,
    replacements,
    keep: (name) => keep.some((kept) => kept(name)),
  });
  const rows = (sort === undefined ? result.replaced : sortReplaced(result.replaced, sort)).slice(0, flags.top);
  const notes = [...whatIfNotes(result, flags.between), ...idle(flags, replacements, graph)];
  await show(context, flags, whatIfReport(result, { rows, rules: replacements, notes, columns, units: flags.units, version: context.version }));
}

/** Flags that changed nothing: a pattern that is mistyped must not pass for a model without such layers. */
function idle({ keep, groups, expand }: WhatIfFlags, rules: readonly Replacement[], { nodes }: Graph): readonly string[] {
  const uses = (...labels: readonly VariantLabel[]) => rules.some((rule) => labels.includes(rule.with));
  const unmet = keep.filter((pattern) => !nodes.some(({ name }) => globMatcher(pattern)(name)));
  return [
    ...unmet.map((pattern) => `--keep '${pattern}' keeps nothing: no layer has such a name`),
    ...(groups !== undefined && !uses("grouped") ? [`--groups ${groups} changes nothing: nothing becomes grouped`] : []),
    ...(expand !== undefined && !uses("bottleneck", "inverted residual") ? [`--expand ${expand} changes nothing: nothing becomes a bottleneck`] : []),
  ];
}

/** The pairs of --replace and --with. Throws `missing-argument`, `unknown-variant`, and what {@link parseSelector} throws. */
function replacementsOf({ replace, with: labels, name }: WhatIfFlags): readonly Replacement[] {
  const written = replace.length === 0 && name.length > 0 ? ["any"] : replace;
  if (written.length === 0 || written.length !== labels.length) {
    fail("missing-argument", `${written.length} --replace and ${labels.length} --with are no pairs`, {
      expected: "a --with for each --replace",
      hint: "convcost whatif zoo:vgg16 --replace 'standard k>1' --with depthwise-separable",
    });
  }
  const patterns = name.map(globMatcher);
  const named = (layer: string) => patterns.length === 0 || patterns.some((matches) => matches(layer));
  return written.map((text, index): Replacement => {
    const selector = parseSelector(text);
    return {
      replace: {
        text: [selector.text, ...(name.length === 0 ? [] : [`name~'${name.join("' or '")}'`])].join(" "),
        matches: (facts) => named(facts.name) && selector.matches(facts),
      },
      with: variantOf(labels[index] ?? ""),
    };
  });
}

function variantOf(text: string): VariantLabel {
  const label = text.trim().toLowerCase().replace(/[-_]/g, " ");
  if (isVariant(label)) return label;
  return fail("unknown-variant", `there is no variant '${text}'`, {
    place: { kind: "flag", flag: "--with" },
    expected: VARIANTS.map(hyphened).join(", "),
  });
}

/** Layers of --between, each by itself. Throws `bad-between`, and what the notation throws. */
function layersBetween(text: string): readonly Primitive[] {
  return parseLayers(text, { source: "spec (--between)" }).nodes.map(({ layer, place }) => {
    if (layer.type === "primitive") return layer;
    return fail("bad-between", `${layer.op} is several layers`, { place, expected: "norms and activations, as in --between 'bn; relu'" });
  });
}
