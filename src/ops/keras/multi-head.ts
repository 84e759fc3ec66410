import { fail } from "../../graph/diagnostic.js";
import type { Attributes, Composite, Expansion, Primitive, Value } from "../../graph/layer.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import { activationByName, softmax } from "../activation.js";
import { matmul, reshapeTo } from "../arithmetic.js";
import { calledAs } from "../called-as.js";
import { linear } from "../linear.js";
import { elementwise, firstInput, given, inference, resolveAxis } from "../primitive.js";

export interface KerasAttentionOptions {
  readonly heads: number;
  /** Heads of keys and values, each of which serves several of the queries (arXiv 2305.13245). */
  readonly keyHeads: number;
  /** Width of each head's queries and keys, and of its values. */
  readonly keyDim: number;
  readonly valueDim: number;
  /** Sizes in place of the query's last one; absent: the query's own. */
  readonly output?: readonly number[] | undefined;
  /** Axes over which positions attend to one another; absent: all but the batch and the last. */
  readonly axes?: readonly number[] | undefined;
  readonly bias: boolean;
  /** What is attended to is weighted by a sigmoid of the query before the output projection. */
  readonly gate: boolean;
  readonly returnsScores: boolean;
  readonly dropout: number;
}

/** What the shapes of the inputs decide. */
interface Plan {
  /** Sizes of the axes that are not attended over, batch included. */
  readonly rows: Shape;
  readonly target: Shape;
  readonly source: Shape;
}

/**
 * Keras's MultiHeadAttention and GroupedQueryAttention over query, value and key (in that order; one input serves as all three): projections of the last
 * axis, scaled products over `attention_axes`, softmax, the output projection. Throws `bad-axis`, `shape-mismatch`.
 */
export function kerasMultiHead(options: KerasAttentionOptions): Composite {
  const { heads, keyHeads, keyDim, valueDim, bias } = options;
  return {
    type: "composite",
    op: "multi_head_attention",
    returns: options.returnsScores ? 2 : undefined,
    axes: "plain",
    ranks: options.axes === undefined || options.axes.every((axis) => axis === 1) ? [3] : undefined,
    batchAxis: 0,
    attributes: attributesOf(options),
    expand: (steps, inputs) => {
      const [query, value = query, key = value] = inputs;
      if (query === undefined || value === undefined || key === undefined) return [];
      const plan = planOf(options, query.shape, value.shape, key.shape);
      const project = (name: string, input: Value, out: number) => add(steps, name, calledAs("function", linear({ outFeatures: out, bias })), input);
      const split = (name: string, input: Value, positions: Shape, own: number, width: number) =>
        add(
          steps,
          name,
          heads === own ? splitHeads(plan, positions, heads, width) : { ...splitHeads(plan, positions, heads, width), view: false },
          input,
        );
      const queries = split("q_heads", project("q_proj", query, heads * keyDim), plan.target, heads, keyDim);
      const keys = split("k_heads", project("k_proj", key, keyHeads * keyDim), plan.source, keyHeads, keyDim);
      const values = split("v_heads", project("v_proj", value, keyHeads * valueDim), plan.source, keyHeads, valueDim);
      const scaled = add(steps, "scale", elementwise("scale", "elementwise", 1n), queries);
      const [scores] = steps.add("qk", matmul(true), [scaled, keys]);
      const weights = add(steps, "softmax", softmax(-1), scores);
      const [mixed] = steps.add("av", matmul(false), [weights, values]);
      const merged = add(
        steps,
        "merge_heads",
        reshapeTo("merge_heads", () => [...query.shape.slice(0, -1), heads * valueDim]),
        mixed,
      );
      const gated = options.gate ? gate(steps, merged, project("gate_proj", query, heads * valueDim)) : merged;
      const sizes = options.output ?? query.shape.slice(-1);
      const flat = add(steps, "out_proj", calledAs("function", linear({ outFeatures: Number(elements(sizes)), bias })), gated);
      const output =
        sizes.length === 1
          ? flat
          : add(
              steps,
              "shape_output",
              reshapeTo("reshape", (shape) => [...shape.slice(0, -1), ...sizes]),
              flat,
            );
      if (!options.returnsScores) return [output];
      return [
        output,
        add(
          steps,
          "scores",
          reshapeTo("reshape", () => [...plan.rows, heads, ...plan.target, ...plan.source]),
          weights,
        ),
      ];
    },
  };
}

function attributesOf({
  heads,
  keyHeads,
  keyDim,
  valueDim,
  output,
  axes,
  bias,
  gate: gated,
  returnsScores,
  dropout,
}: KerasAttentionOptions): Attributes {
  return {
    numHeads: heads,
    ...(keyHeads === heads ? {} : { keyHeads }),
    keyDim,
    ...(valueDim === keyDim ? {} : { valueDim }),
    ...given({ outputDim: output?.length === 1 ? output[0] : output, attentionAxes: axes }),
    bias,
    ...(gated ? { gate: true } : {}),
    ...(returnsScores ? { returnsScores: true } : {}),
    ...(dropout === 0 ? {} : { dropout }),
    batchFirst: true,
  };
}

function add(steps: Expansion, name: string, layer: Parameters<Expansion["add"]>[1], input: Value): Value {
  return steps.add(name, layer, [input])[0];
}

function planOf({ axes }: KerasAttentionOptions, query: Shape, value: Shape, key: Shape): Plan {
  const rank = query.length;
  if (rank < 3 || key.length !== rank || formatShape(key.slice(0, -1)) !== formatShape(value.slice(0, -1))) {
    fail("shape-mismatch", `multi_head_attention cannot attend from ${formatShape(query)} to ${formatShape(key)} and ${formatShape(value)}`, {
      expected: "inputs of batch, positions, features; key and value of the same positions",
    });
  }
  const attended = axes?.map((axis) => resolveAxis("multi_head_attention", axis, rank)) ?? query.slice(1, -1).map((_, index) => index + 1);
  const kept = query.flatMap((_, axis) => (axis === rank - 1 || attended.includes(axis) ? [] : [axis]));
  const sizes = (shape: Shape, list: readonly number[]) => list.map((axis) => shape[axis] ?? 1);
  const rows = sizes(query, kept);
  if (formatShape(rows) !== formatShape(sizes(key, kept)))
    fail("shape-mismatch", `multi_head_attention cannot attend from ${formatShape(query)} to ${formatShape(key)}`, {
      expected: "inputs alike but for the axes of attention and the last",
    });
  return { rows, target: sizes(query, attended), source: sizes(key, attended) };
}

/** Projected features as rows, heads, positions, width. */
function splitHeads({ rows }: Plan, positions: Shape, heads: number, width: number): Primitive {
  return reshapeTo("split_heads", () => [...rows, heads, Number(elements(positions)), width]);
}

function gate(steps: Expansion, input: Value, projected: Value): Value {
  const weights = add(steps, "gate", sigmoid, projected);
  return steps.add("gated", product, [input, weights])[0];
}

const sigmoid = activationByName("sigmoid") ?? elementwise("sigmoid", "activation", 1n);

const product: Primitive = {
  ...elementwise("multiply", "elementwise", 1n),
  infer: (inputs) => inference([{ shape: firstInput(inputs) }], { operations: { elementwise: elements(firstInput(inputs)) } }),
};
