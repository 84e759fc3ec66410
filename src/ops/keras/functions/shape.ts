import { fail } from "../../../graph/diagnostic.js";
import type { Primitive } from "../../../graph/layer.js";
import { elements, formatShape, type Shape } from "../../../graph/shape.js";
import type { Args } from "../../args.js";
import type { CallEntry } from "../../entry.js";
import { concat } from "../../join.js";
import { firstInput, inference, resolveAxis } from "../../primitive.js";
import { calledFunction } from "./function.js";

// keras/src/ops/numpy.py, nn.py, core.py and math.py: functions that move elements.

/** Elements moved, or looked at otherwise. */
export function moving(op: string, shape: (inputs: readonly Shape[]) => Shape, more: Partial<Primitive> = {}): Primitive {
  return { ...calledFunction(op, (inputs) => inference([{ shape: shape(inputs) }])), ...more };
}

const view = { view: true } as const;
const axesOf = (args: Args, name: string) => (args.isNone(name) ? undefined : args.integers(name, -16));

/** The shape that `newshape` gives, of which one size may be -1. Throws `size-mismatch`. */
export function reshaped(input: Shape, written: readonly number[]): Shape {
  const known = written.filter((size) => size !== -1);
  const [all, named] = [elements(input), elements(known)];
  const open = written.length - known.length;
  if (open > 1 || named === 0n || (open === 0 ? named !== all : all % named !== 0n))
    return fail("size-mismatch", `reshape cannot make ${written.join("x")} of ${formatShape(input)}`, { expected: `${all} elements` });
  return written.map((size) => (size === -1 ? Number(all / named) : size));
}

function expanded(input: Shape, axes: readonly number[]): Shape {
  const rank = input.length + axes.length;
  const at = new Set(axes.map((axis) => resolveAxis("expand_dims", axis, rank)));
  const rest = [...input];
  return Array.from({ length: rank }, (_, axis) => (at.has(axis) ? 1 : (rest.shift() ?? 1)));
}

function squeezed(input: Shape, axes: readonly number[] | undefined): Shape {
  if (axes === undefined) return input.filter((size) => size !== 1);
  const gone = new Set(axes.map((axis) => resolveAxis("squeeze", axis, input.length)));
  return input.filter((_, axis) => !gone.has(axis));
}

function transposed(input: Shape, axes: readonly number[] | undefined): Shape {
  const order = axes?.map((axis) => resolveAxis("transpose", axis, input.length)) ?? input.map((_, axis) => input.length - 1 - axis);
  return order.map((axis) => input[axis] ?? 1);
}

function movedAxes(input: Shape, source: readonly number[], destination: readonly number[]): Shape {
  const at = (list: readonly number[]) => list.map((axis) => resolveAxis("moveaxis", axis, input.length));
  const [from, to] = [at(source), at(destination)];
  const rest = input.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  const order = input.map((_, axis) => (to.includes(axis) ? (from[to.indexOf(axis)] ?? 0) : (rest.shift() ?? 0)));
  return order.map((axis) => input[axis] ?? 1);
}

function stackedShape(inputs: readonly Shape[], axis: number): Shape {
  const input = firstInput(inputs);
  const at = resolveAxis("stack", axis, input.length + 1);
  return [...input.slice(0, at), inputs.length, ...input.slice(at)];
}

function repeated(input: Shape, repeats: readonly number[], axis: number | undefined): Shape {
  const total = (size: number) => (repeats.length === 1 ? size * (repeats[0] ?? 1) : repeats.reduce((sum, count) => sum + count, 0));
  if (axis === undefined) return [total(Number(elements(input)))];
  const at = resolveAxis("repeat", axis, input.length);
  return input.map((size, index) => (index === at ? total(size) : size));
}

function tiled(input: Shape, repeats: readonly number[]): Shape {
  const rank = Math.max(input.length, repeats.length);
  const long = (list: readonly number[]) => [...Array<number>(rank - list.length).fill(1), ...list];
  return long(input).map((size, axis) => size * (long(repeats)[axis] ?? 1));
}

function padded(args: Args, input: Shape): Shape {
  const items = args.items("pad_width");
  const pairs = items.map((item) => (item.kind === "tuple" ? item.items : [item]).map((each) => args.integerOf(each, "pad_width", 0)));
  // One number, or one pair, is for every axis.
  const of = (axis: number) => (pairs.length === 1 || pairs.every((pair) => pair.length === 1) ? pairs.flat() : (pairs[axis] ?? [0]));
  return input.map((size, axis) => {
    const [before = 0, after = before] = of(axis);
    return size + before + after;
  });
}

function diagonal(args: Args): Primitive {
  return moving("diagonal", (inputs) => {
    const input = firstInput(inputs);
    const pair = (["axis1", "axis2"] as const).map((name) => resolveAxis("diagonal", args.integer(name), input.length));
    const [rows = 1, columns = 1] = pair.map((axis) => input[axis] ?? 1);
    const offset = args.integer("offset");
    const length = Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)));
    return [...input.filter((_, axis) => !pair.includes(axis)), ...(args.callee === "Trace" ? [] : [length])];
  });
}

/** Blocks of space as channels (DepthToSpace, SpaceToDepth). */
function blocks(args: Args): Primitive {
  const size = args.count("block_size");
  const first = args.text("data_format") === "channels_first";
  const factor = args.callee === "DepthToSpace" ? size : 1 / size;
  return moving(args.callee === "DepthToSpace" ? "pixel_shuffle" : "pixel_unshuffle", (inputs) => {
    const [batch = 1, a = 1, b = 1, c = 1] = firstInput(inputs);
    const [channels, height, width] = first ? [a, b, c] : [c, a, b];
    const made = [height * factor, width * factor, channels / (factor * factor)] as const;
    return first ? [batch, made[2], made[0], made[1]] : [batch, ...made];
  });
}

const DATA = "data_format='channels_last'";

export const shapeFunctions: readonly CallEntry[] = [
  {
    names: ["Reshape"],
    signature: "newshape",
    build: (args) => moving("reshape", (inputs) => reshaped(firstInput(inputs), args.integers("newshape", -1)), view),
  },
  { names: ["Ravel"], signature: "", build: () => moving("ravel", (inputs) => [Number(elements(firstInput(inputs)))], view) },
  {
    names: ["Transpose"],
    signature: "axes=None",
    build: (args) => moving("permute", (inputs) => transposed(firstInput(inputs), axesOf(args, "axes"))),
  },
  {
    names: ["Swapaxes"],
    signature: "axis1, axis2",
    build: (args) =>
      moving("permute", (inputs) =>
        movedAxes(firstInput(inputs), [args.integer("axis1"), args.integer("axis2")], [args.integer("axis2"), args.integer("axis1")]),
      ),
  },
  {
    names: ["Moveaxis"],
    signature: "source, destination",
    build: (args) => moving("permute", (inputs) => movedAxes(firstInput(inputs), args.integers("source", -16), args.integers("destination", -16))),
  },
  {
    names: ["ExpandDims"],
    signature: "axis",
    build: (args) => moving("unsqueeze", (inputs) => expanded(firstInput(inputs), args.integers("axis", -16)), view),
  },
  {
    names: ["Squeeze"],
    signature: "axis=None",
    build: (args) => moving("squeeze", (inputs) => squeezed(firstInput(inputs), axesOf(args, "axis")), view),
  },
  { names: ["BroadcastTo"], signature: "shape", build: (args) => moving("expand", () => args.integers("shape", 0)) },
  { names: ["Concatenate"], signature: "axis=0", build: (args) => concat(args.integer("axis")) },
  {
    names: ["Append"],
    signature: "axis=None",
    build: (args) =>
      args.isNone("axis")
        ? moving("concat", (inputs) => [inputs.reduce((sum, shape) => sum + Number(elements(shape)), 0)])
        : concat(args.integer("axis")),
  },
  { names: ["Vstack"], signature: "", build: () => concat(0) },
  {
    names: ["Hstack"],
    signature: "",
    build: () => ({ ...concat(1), infer: (inputs) => concat(firstInput(inputs).length === 1 ? 0 : 1).infer(inputs) }),
  },
  { names: ["Dstack"], signature: "", build: () => concat(2) },
  { names: ["Stack"], signature: "axis=0", build: (args) => moving("stack", (inputs) => stackedShape(inputs, args.integer("axis"))) },
  {
    names: ["Repeat"],
    signature: "repeats, axis=None",
    build: (args) =>
      moving("repeat", (inputs) => repeated(firstInput(inputs), args.integers("repeats", 0), args.isNone("axis") ? undefined : args.integer("axis"))),
  },
  { names: ["Tile"], signature: "repeats", build: (args) => moving("tile", (inputs) => tiled(firstInput(inputs), args.integers("repeats", 0))) },
  { names: ["Pad"], signature: "pad_width, mode='constant'", build: (args) => moving("pad", (inputs) => padded(args, firstInput(inputs))) },
  {
    names: ["Rot90"],
    signature: "k=1, axes=(0, 1)",
    build: (args) =>
      moving("rot90", (inputs) => {
        const input = firstInput(inputs);
        const [a = 0, b = 1] = args.integers("axes", -16);
        return args.integer("k") % 2 === 0 ? input : movedAxes(input, [a, b], [b, a]);
      }),
  },
  { names: ["Diagonal", "Trace"], signature: "offset=0, axis1=0, axis2=1", build: diagonal },
  {
    names: ["Diff"],
    signature: "n=1, axis=-1",
    build: (args) =>
      moving("diff", (inputs) => {
        const input = firstInput(inputs);
        const at = resolveAxis("diff", args.integer("axis"), input.length);
        return input.map((size, axis) => (axis === at ? Math.max(0, size - args.size("n")) : size));
      }),
  },
  { names: ["DepthToSpace", "SpaceToDepth"], signature: `block_size, ${DATA}`, build: blocks },
  { names: ["Slice"], signature: "shape", build: (args) => moving("slice", () => args.integers("shape", 0)) },
  {
    names: ["SliceUpdate", "ScatterUpdate"],
    signature: "reduction=None",
    build: (args) => moving(args.callee === "SliceUpdate" ? "slice_update" : "scatter_update", firstInput),
  },
];
