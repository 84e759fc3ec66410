import { fail } from "../graph/diagnostic.js";
import type { Layer, Primitive, Stored } from "../graph/layer.js";
import { elements, formatShape } from "../graph/shape.js";
import type { Args } from "./args.js";
import { kerasEinsum } from "./einsum-dense.js";
import { embeddingWords, kerasEmbeddings, torchEmbeddings } from "./embedding.js";
import type { CallEntry, Family, ShorthandArgs } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { ADAPTED, adapted } from "./keras/kernel.js";
import { firstInput, inference } from "./primitive.js";
import { withActivation } from "./with-activation.js";

export interface LinearOptions {
  /** Absent: the last dimension of the input. */
  readonly inFeatures?: number | undefined;
  readonly outFeatures: number;
  readonly bias: boolean;
}

const RANKS = [2, 3, 4, 5, 6, 7, 8];

/**
 * y = xW + b over the last dimension (PyTorch, nn.Linear). Parameters in*out (+ out); MACs = product of the other dimensions * in * out.
 * Throws `feature-mismatch`.
 */
export function linear({ inFeatures, outFeatures, bias }: LinearOptions): Primitive {
  return {
    type: "primitive",
    op: "linear",
    stores: inFeatures === undefined ? undefined : linearTensors(inFeatures, outFeatures, bias),
    axes: "plain",
    ranks: RANKS,
    impliedInput: inFeatures === undefined ? undefined : { shape: [1, inFeatures] },
    infer(inputs) {
      const input = firstInput(inputs);
      const features = input.at(-1) ?? 0;
      if (inFeatures !== undefined && features !== inFeatures) featureMismatch(inFeatures, input);
      const output = [...input.slice(0, -1), outFeatures];
      const weights = BigInt(features) * BigInt(outFeatures);
      const rows = elements(input.slice(0, -1));
      const parameters = weights + (bias ? BigInt(outFeatures) : 0n);
      return inference([{ shape: output }], {
        stored: linearTensors(features, outFeatures, bias),
        macs: rows * weights,
        operations: bias ? { bias: elements(output) } : {},
        attributes: { inFeatures: features, outFeatures, bias },
        mixes: { channels: true, space: false },
        formulas: () => ({
          params: `in·out${bias ? " + out" : ""} = ${features}·${outFeatures}${bias ? ` + ${outFeatures}` : ""} = ${parameters}`,
          macs: `rows·in·out = ${rows}·${features}·${outFeatures} = ${rows * weights}`,
        }),
      });
    },
  };
}

function linearTensors(inFeatures: number, outFeatures: number, bias: boolean): readonly Stored[] {
  return withBias({ name: "weight", role: "parameter", shape: [outFeatures, inFeatures] }, bias ? outFeatures : undefined);
}

function withBias(weight: Stored, size: number | undefined): readonly Stored[] {
  return size === undefined ? [weight] : [weight, { name: "bias", role: "parameter", shape: [size] }];
}

function featureMismatch(inFeatures: number, input: readonly number[]): never {
  // Without its batch the input may have been read as one of several rows, so that all its dimensions are the features.
  const flat = [input, input.slice(1)].some((shape) => elements(shape) === BigInt(inFeatures));
  const pooled = input.length > 3 && input[1] === inFeatures;
  return fail(
    "feature-mismatch",
    `linear expects ${inFeatures} features, but the last dimension of its input ${formatShape(input)} is ${input.at(-1) ?? 0}`,
    {
      expected: `an input that ends in ${inFeatures}`,
      hint: flat ? "put flatten before it" : pooled ? "put global average pooling and flatten before it" : "check inFeatures, or the layers before",
    },
  );
}

/** y = x1 W x2 + b for each output (PyTorch, nn.Bilinear). A chain's one input serves as both. MACs: rows * out * in1 * (in2 + 1). */
function bilinear(in1: number, in2: number, outFeatures: number, bias: boolean): Primitive {
  const stores = withBias({ name: "weight", role: "parameter", shape: [outFeatures, in1, in2] }, bias ? outFeatures : undefined);
  return {
    type: "primitive",
    op: "bilinear",
    stores,
    axes: "plain",
    ranks: RANKS,
    impliedInput: in1 === in2 ? { shape: [1, in1] } : undefined,
    infer(inputs) {
      const left = firstInput(inputs);
      // A chain gives one input: with sizes that differ, the second is taken to be of the same rows.
      if (left.at(-1) !== in1)
        fail("feature-mismatch", `bilinear expects ${in1} features, but its input has ${left.at(-1) ?? 0}`, {
          expected: `an input that ends in ${in1}`,
        });
      const output = [...left.slice(0, -1), outFeatures];
      const [a, b] = [BigInt(in1), BigInt(in2)];
      return inference([{ shape: output }], {
        stored: stores,
        macs: elements(output) * a * (b + 1n),
        operations: bias ? { bias: elements(output) } : {},
        attributes: { in1Features: in1, in2Features: in2, outFeatures, bias },
        mixes: { channels: true, space: false },
      });
    },
  };
}

const LINEAR = "bias=True, device=None, dtype=None";
const torch: readonly CallEntry[] = [
  {
    names: ["Linear", "NonDynamicallyQuantizableLinear"],
    signature: `in_features, out_features, ${LINEAR}`,
    build: (args) => linear({ inFeatures: args.size("in_features"), outFeatures: args.size("out_features"), bias: args.flag("bias") }),
  },
  {
    names: ["LazyLinear"],
    signature: `out_features, ${LINEAR}`,
    build: (args) => linear({ outFeatures: args.count("out_features"), bias: args.flag("bias") }),
  },
  {
    names: ["Bilinear"],
    signature: `in1_features, in2_features, out_features, ${LINEAR}`,
    build: (args) => bilinear(args.count("in1_features"), args.count("in2_features"), args.count("out_features"), args.flag("bias")),
  },
  ...torchEmbeddings,
];

function dense(args: Args): Layer {
  const options = { inFeatures: args.optionalCount("input_dim"), outFeatures: args.count("units"), bias: args.flag("use_bias") };
  const layer = adapted(args, { ...linear(options), makes: "any" }, ({ name, shape: [columns = 1, rows = 1] }) =>
    name === "weight" ? { rows, columns, packed: "columns", last: columns, before: rows } : undefined,
  );
  return withActivation(args, layer, "dense");
}

const keras: readonly CallEntry[] = [
  {
    names: ["Dense"],
    signature: `units, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, ${ADAPTED}, input_dim=None, ${KERAS_LAYER}`,
    build: dense,
  },
  ...kerasEmbeddings,
  ...kerasEinsum,
];

function shorthandLinear(args: ShorthandArgs): Primitive {
  if (args.outChannels !== undefined) return linear({ inFeatures: args.inChannels, outFeatures: args.outChannels, bias: args.bias });
  return fail("missing-argument", `${args.word} does not say how many features it makes`, {
    place: args.place,
    expected: "features, as in `linear 512->1000` or `linear 1000 bias`",
  });
}

/** Linear layers, bilinear ones and embeddings. */
export const linearFamily: Family = {
  torch,
  keras,
  shorthand: [
    { words: ["linear", "fc", "dense"], takes: ["channels", "bias"], example: "linear 512->1000 bias", build: shorthandLinear },
    ...embeddingWords,
  ],
};
