import { own } from "../../../graph/own.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { joined, sizes, taken, type Values } from "../../../graph/values.js";
import { extremeAt, reductions, type Reduction } from "../../../ops/values/reduce.js";
import { fixed } from "../fixed.js";
import { flatIndex, strides, tabulated } from "../nd.js";
import { axisOf, int, ints } from "../attributes.js";
import { axesIn, inputShape, typedValuesOf, valuesOf, type OnnxNode, type Rule } from "../operand.js";

/** Reductions over `axes`, an attribute before opset 13 or 18 and an input from then on; all of them where there is none. */
const reduce =
  (op: string): Rule =>
  (node) => {
    const shape = inputShape(node);
    const listed = ints(node, "axes") ?? valuesOf(node.inputs[1]);
    const written = listed?.length === 0 ? undefined : listed;
    const every = int(node, "noop_with_empty_axes", 0) === 1 ? [] : shape.map((_, axis) => axis);
    // An axis that is given twice is one: the list is no longer than the rank.
    const axes = [...new Set(axesIn(node, written, shape.length) ?? every)];
    const keep = int(node, "keepdims", 1) === 1;
    const output = shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]));
    const [source] = node.inputs;
    if (source?.kind === "constant") {
      return { kind: "constant", shape: output, values: reduced(typedValuesOf(source), shape, axes, own(REDUCTIONS, op)), dtype: source.dtype };
    }
    return {
      kind: "layer",
      layer: fixed({
        op,
        outputs: [output],
        operations: { reduction: elements(shape) },
        mixes: { channels: axes.includes(1), space: axes.some((axis) => axis > 1) },
      }),
      inputs: node.inputs.slice(0, 1),
    };
  };

const REDUCTIONS: Readonly<Record<string, Reduction>> = reductions;

/** The positions of the elements that become one, for each element that is left. */
function groups(shape: Shape, axes: readonly number[]): readonly (readonly number[])[] {
  const kept = strides(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
  const found: number[][] = [];
  tabulated(shape, (index) =>
    flatIndex(
      index.map((position, axis) => (axes.includes(axis) ? 0 : position)),
      kept,
    ),
  )?.forEach((group, at) => {
    (found[group] ??= []).push(at);
  });
  return found;
}

function reduced(values: Values | undefined, shape: Shape, axes: readonly number[], reduction: Reduction | undefined): Values | undefined {
  if (values === undefined || reduction === undefined || values.list.length === 0) return undefined;
  const found = groups(shape, axes);
  const parts = found.flatMap((group) => reduction(taken(values, group)) ?? []);
  return parts.length === found.length ? joined(parts) : undefined;
}

/** The index of an extreme along one axis. */
const arg: Rule = (node) => {
  const shape = inputShape(node);
  const at = axisOf(node, shape.length, 0);
  const keep = int(node, "keepdims", 1) === 1;
  const output = shape.flatMap((size, index) => (index === at ? (keep ? [1] : []) : [size]));
  const [source] = node.inputs;
  if (source?.kind === "constant")
    return { kind: "constant", shape: output, values: extremes(node, typedValuesOf(source), shape, at), dtype: "int64" };
  return {
    kind: "layer",
    layer: fixed({ op: node.op.toLowerCase(), outputs: [output], dtype: "int64", operations: { reduction: elements(shape) } }),
    inputs: node.inputs.slice(0, 1),
  };
};

function extremes(node: OnnxNode, values: Values | undefined, shape: Shape, axis: number): Values | undefined {
  if (values === undefined) return undefined;
  const found = groups(shape, [axis]);
  const at = found.flatMap((group) => extremeAt(taken(values, group), node.op === "ArgMax", int(node, "select_last_index", 0) === 1) ?? []);
  return at.length === found.length ? sizes(at) : undefined;
}

/** Operators that make one element of those along some axes. */
export const reductionRules: Readonly<Record<string, Rule>> = {
  ArgMax: arg,
  ArgMin: arg,
  ...Object.fromEntries(
    ["Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"].map((name) => [
      `Reduce${name}`,
      reduce(`reduce_${name.toLowerCase()}`),
    ]),
  ),
};
