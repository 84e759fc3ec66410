import { fail } from "../graph/diagnostic.js";
import type { Composite, Expansion, Layer, Primitive, Stored, Value } from "../graph/layer.js";
import { elements } from "../graph/shape.js";
import { softmax } from "./activation.js";
import { matmul, reshapeTo } from "./arithmetic.js";
import { calledAs } from "./called-as.js";
import { linear } from "./linear.js";
import { elementwise, firstInput, given, inference, NOTHING, requireRank, storesOf } from "./primitive.js";

export interface AttentionOptions {
  /** Absent: the last dimension of the query. */
  readonly embedDim?: number | undefined;
  readonly numHeads: number;
  /** Heads of keys and values, each of which serves several of the queries (arXiv 2305.13245); absent: numHeads. */
  readonly keyHeads?: number | undefined;
  /** Width of each head's queries and keys, and of its values; absent: embedDim / numHeads. */
  readonly keyDim?: number | undefined;
  readonly valueDim?: number | undefined;
  readonly outputDim?: number | undefined;
  /** Features of keys and values where they are not those of the query (PyTorch's kdim, vdim). */
  readonly kdim?: number | undefined;
  readonly vdim?: number | undefined;
  readonly bias: boolean;
  readonly addBiasKv: boolean;
  readonly addZeroAttn: boolean;
  readonly batchFirst: boolean;
  /** PyTorch returns the weights averaged over heads; Keras the output alone. */
  readonly returnsWeights: boolean;
  /** Probability with which training drops a weight; 0 unless said. */
  readonly dropout?: number | undefined;
  /** The source does not show the heads: `numHeads` is a stand-in, on which neither parameters, MACs nor shapes depend. */
  readonly headsAssumed?: boolean | undefined;
}

interface Sizes extends Widths {
  readonly batch: number;
  readonly target: number;
  readonly source: number;
}

/**
 * Multi-head attention (arXiv 1706.03762, section 3.2; PyTorch, nn.MultiheadAttention): projections, scaled QK^T, softmax, AV, output
 * projection. A composite: its MACs are those of its steps. One input serves as query, key and value; three are told apart.
 * Throws `heads-do-not-divide`, `feature-mismatch`, `wrong-rank`.
 */
export function multiHeadAttention(options: AttentionOptions): Composite {
  const { embedDim, numHeads, keyDim } = options;
  if (embedDim !== undefined && keyDim === undefined) requireHeads(embedDim, numHeads);
  return {
    type: "composite",
    op: "multi_head_attention",
    stores: storedTensors(options),
    axes: "plain",
    ranks: [3],
    batchAxis: options.batchFirst ? 0 : 1,
    attributes: {
      ...(embedDim === undefined ? {} : { embedDim }),
      numHeads,
      ...(options.keyHeads === undefined ? {} : { keyHeads: options.keyHeads }),
      ...given({ keyDim, valueDim: options.valueDim, outputDim: options.outputDim, kdim: options.kdim, vdim: options.vdim }),
      bias: options.bias,
      ...(options.headsAssumed === true ? { headsAssumed: true } : {}),
      ...(options.addBiasKv ? { addBiasKv: true } : {}),
      ...(options.addZeroAttn ? { addZeroAttn: true } : {}),
      ...(options.dropout === undefined || options.dropout === 0 ? {} : { dropout: options.dropout }),
      batchFirst: options.batchFirst,
    },
    expand: (steps, inputs) => attend(options, inside(options, steps), inputs),
  };
}

/**
 * torch.nn.functional.multi_head_attention_forward: no step is a module of its own. It projects by F.linear; scores and weights are torch.bmm and F.softmax where the
 * weights are returned, and else in compiled code.
 */
function inside({ returnsWeights }: AttentionOptions, steps: Expansion): Expansion {
  const functions: readonly string[] = returnsWeights ? ["linear", "matmul", "softmax"] : ["linear"];
  return { add: (name, layer, inputs) => steps.add(name, calledAs(functions.includes(layer.op) ? "function" : "operator", layer), inputs) };
}

function requireHeads(embedDim: number, numHeads: number): void {
  if (embedDim % numHeads === 0) return;
  fail("heads-do-not-divide", `embed_dim ${embedDim} is not divisible by num_heads ${numHeads}`, {
    expected: `an embed_dim that is a multiple of ${numHeads}`,
  });
}

function attend(options: AttentionOptions, steps: Expansion, inputs: readonly Value[]): readonly Value[] {
  const [query, key = query, value = key] = inputs;
  if (query === undefined || key === undefined || value === undefined) throw new Error("attention was given no input");
  const sizes = sizesOf(options, query, key);
  const { numHeads } = options;
  const [q, k, v] = project(options, sizes, steps, [query, key, value]);
  const heads = (name: string, input: Value, length: number, width: number) =>
    steps.add(
      name,
      reshapeTo("split_heads", () => [sizes.batch, numHeads, length, width]),
      [input],
    )[0];
  const extra = (name: string, input: Value, width: number) => withExtraTokens(options, steps, name, input, sizes, width);
  const source = sizes.source + (options.addBiasKv ? 1 : 0) + (options.addZeroAttn ? 1 : 0);
  const queries = heads("q_heads", q, sizes.target, sizes.keys);
  const shared = (name: string, input: Value, width: number) => withSharedHeads(options, steps, name, input, [sizes.batch, numHeads, source, width]);
  const keys = shared("k_heads", extra("k", k, sizes.keys), sizes.keys);
  const values = shared("v_heads", extra("v", v, sizes.values), sizes.values);
  const [scaledQueries] = steps.add("scale", elementwise("scale", "elementwise", 1n), [queries]);
  const [scores] = steps.add("qk", matmul(true), [scaledQueries, keys]);
  const [weights] = steps.add("softmax", softmax(-1), [scores]);
  const [mixed] = steps.add("av", matmul(false), [weights, values]);
  const [merged] = steps.add(
    "merge_heads",
    reshapeTo("merge_heads", () => sequence(options, sizes, numHeads * sizes.values)),
    [mixed],
  );
  const [output] = steps.add("out_proj", projections(options, sizes).out_proj, [merged]);
  if (!options.returnsWeights) return [output];
  return [output, steps.add("average", averageOverHeads, [weights])[0]];
}

function sizesOf(options: AttentionOptions, query: Value, key: Value): Sizes {
  requireRank("multi_head_attention", query.shape, [3], options.batchFirst ? "batch, sequence, features" : "sequence, batch, features");
  const [first = 0, second = 0, features = 0] = query.shape;
  const embed = options.embedDim ?? features;
  if (features !== embed)
    fail("feature-mismatch", `multi_head_attention expects ${embed} features, but its input has ${features}`, {
      expected: `an input that ends in ${embed}`,
    });
  if (options.keyDim === undefined) requireHeads(embed, options.numHeads);
  const [batch, target] = options.batchFirst ? [first, second] : [second, first];
  const source = (options.batchFirst ? key.shape[1] : key.shape[0]) ?? 0;
  return { batch, target, source, ...widthsOf(options, embed) };
}

const sequence = ({ batchFirst }: AttentionOptions, { batch, target }: Sizes, width: number) =>
  batchFirst ? [batch, target, width] : [target, batch, width];

/** Widths that the options alone say once the query's features are known. */
interface Widths {
  readonly embed: number;
  /** Of a head's queries and keys, and of its values. */
  readonly keys: number;
  readonly values: number;
}

function widthsOf({ numHeads, keyDim, valueDim }: AttentionOptions, embed: number): Widths {
  const keys = keyDim ?? embed / numHeads;
  return { embed, keys, values: valueDim ?? keys };
}

/** The linear layers of queries, keys, values and output. */
function projections({ numHeads, keyHeads = numHeads, bias, kdim, vdim, outputDim }: AttentionOptions, { embed, keys, values }: Widths) {
  return {
    q_proj: linear({ inFeatures: embed, outFeatures: numHeads * keys, bias }),
    k_proj: linear({ inFeatures: kdim ?? embed, outFeatures: keyHeads * keys, bias }),
    v_proj: linear({ inFeatures: vdim ?? embed, outFeatures: keyHeads * values, bias }),
    out_proj: linear({ inFeatures: numHeads * values, outFeatures: outputDim ?? embed, bias }),
  };
}

function storedTensors(options: AttentionOptions): readonly Stored[] | undefined {
  if (options.embedDim === undefined) return undefined;
  const widths = widthsOf(options, options.embedDim);
  const { q_proj, k_proj, v_proj, out_proj } = projections(options, widths);
  const tokens = [...tokenOf(options, "k", widths.keys), ...tokenOf(options, "v", widths.values)];
  return storesOf([q_proj, k_proj, v_proj, out_proj])?.concat(tokens);
}

function project(
  options: AttentionOptions,
  sizes: Sizes,
  steps: Expansion,
  [query, key, value]: readonly [Value, Value, Value],
): readonly [Value, Value, Value] {
  const { q_proj, k_proj, v_proj } = projections(options, sizes);
  // kdim and vdim say what the key and value hold; a chain gives the query only, whose sequence they are taken to share.
  const read = (name: string, input: Value, width: number): Value =>
    input.shape.at(-1) === width
      ? input
      : steps.add(
          `${name}_in`,
          reshapeTo("other_input", (shape) => [...shape.slice(0, -1), width]),
          [input],
        )[0];
  return [
    steps.add("q_proj", q_proj, [query])[0],
    steps.add("k_proj", k_proj, [read("k_proj", key, options.kdim ?? sizes.embed)])[0],
    steps.add("v_proj", v_proj, [read("v_proj", value, options.vdim ?? sizes.embed)])[0],
  ];
}

/** Keys or values as heads of the queries' number; fewer are repeated, which copies them (Keras, GroupedQueryAttention). */
function withSharedHeads(options: AttentionOptions, steps: Expansion, name: string, input: Value, shape: readonly number[]): Value {
  const repeats = options.keyHeads !== undefined && options.keyHeads !== options.numHeads;
  const layer: Primitive = repeats ? { ...reshapeTo("repeat_heads", () => shape), view: false } : reshapeTo("split_heads", () => shape);
  return steps.add(name, layer, [input])[0];
}

function tokenOf({ addBiasKv, numHeads }: AttentionOptions, name: string, width: number): readonly Stored[] {
  return addBiasKv ? [{ name: `bias_${name}`, role: "parameter", shape: [1, 1, numHeads * width] }] : NOTHING;
}

/** bias_k and bias_v, learned tokens after the sequence, and the zero token of add_zero_attn (PyTorch, nn.MultiheadAttention). */
function withExtraTokens(options: AttentionOptions, steps: Expansion, name: string, input: Value, sizes: Sizes, width: number): Value {
  const tokens = (options.addBiasKv ? 1 : 0) + (options.addZeroAttn ? 1 : 0);
  if (tokens === 0) return input;
  const features = options.numHeads * width;
  const length = sizes.source + tokens;
  const append: Primitive = {
    type: "primitive",
    op: "append_tokens",
    axes: "plain",
    infer: () =>
      inference([{ shape: options.batchFirst ? [sizes.batch, length, features] : [length, sizes.batch, features] }], {
        stored: tokenOf(options, name, width),
      }),
  };
  return steps.add(`append_${name}`, append, [input])[0];
}

/** PyTorch's attn_output_weights: the mean over heads, heads - 1 additions and a division each. */
const averageOverHeads: Layer = {
  type: "primitive",
  op: "mean",
  axes: "plain",
  infer(inputs) {
    const [batch = 0, heads = 1, target = 0, source = 0] = firstInput(inputs);
    const output = [batch, target, source];
    return inference([{ shape: output }], { operations: { reduction: elements(output) * BigInt(heads) } });
  },
};
