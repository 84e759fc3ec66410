import { Origins } from "./origins.js";
import { fail } from "../../graph/diagnostic.js";
import { isDType, type DType } from "../../graph/dtype.js";
import type { TypedValue } from "../../graph/inferrer.js";
import type { Layer, Primitive, Stored } from "../../graph/layer.js";
import type { OpenShape, Shape } from "../../graph/shape.js";
import { numbersOf, type Values } from "../../graph/values.js";
import { resolveAxis } from "../../ops/primitive.js";
import { ELEMENT_TYPES, type Attributes, type GraphProto } from "./schema.js";
import { StoredValues } from "./stored-values.js";
import type { WrittenType } from "./types.js";

/** What a node reads under one name. */
export type Operand =
  /** Left out, or an optional value that is empty. */
  | {
      readonly kind: "none";
      /** It stands in a branch that is not taken: what reads it does not run (Switch of TensorFlow 1). */
      readonly isDead?: boolean | undefined;
    }
  /** Its shape is not known, and why: what made it could not be counted, or an input is open. */
  | { readonly kind: "unknown"; readonly reason: string; readonly shape?: OpenShape | undefined; readonly dtype?: DType | undefined }
  /** Computed by a node from the inputs. */
  | {
      readonly kind: "tensor";
      readonly name: string;
      readonly value: TypedValue;
      /** Its shape follows from sizes that the file has placeholders for: what does not fit it is no fault of the model. */
      readonly isGuess?: boolean | undefined;
    }
  /** Stored with the model, or computed from what is: with its values, where they are few and known. */
  | {
      readonly kind: "constant";
      readonly name: string;
      readonly shape: Shape;
      readonly dtype: DType | undefined;
      readonly values?: Values | StoredValues | undefined;
      /** The tensors of the file that it is, or was computed from: they are parameters once a layer reads it. */
      readonly origins: Origins;
      /** One value over and over, which a node makes of nothing. */
      readonly isFilled?: boolean | undefined;
      /** Rows of a table, picked by position. */
      readonly isPicked?: boolean | undefined;
    }
  /** A sequence of ONNX, whose length is known. */
  | { readonly kind: "sequence"; readonly elements: readonly Operand[] };

/** A tensor that the file stores. */
export interface Origin {
  /** Its number among the tensors of the file; none for one that a node makes. */
  readonly number?: number | undefined;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType | undefined;
  /** It stands in the graph as an initializer, or inside a Constant node. */
  readonly held: "initializer" | "node";
  /** What the file says that it is. */
  readonly role?: "parameter" | "buffer" | "constant" | undefined;
  /** Whole numbers that stand for real ones. */
  readonly quantised?: boolean | undefined;
}

/** What a node becomes: a layer over some of its inputs, values known when the model is read, or operands that there are already. */
export type Result =
  | { readonly kind: "layer"; readonly layer: Primitive; readonly inputs: readonly Operand[] }
  /** A layer as the notations make it: its types and axes are its own. */
  | { readonly kind: "written"; readonly layer: Layer; readonly inputs: readonly Operand[] }
  | { readonly kind: "constant"; readonly shape: Shape; readonly values?: Values | StoredValues | undefined; readonly dtype?: DType | undefined }
  | { readonly kind: "operands"; readonly operands: readonly Operand[] }
  /** Shapes that depend on the data, as far as they are known. */
  | { readonly kind: "unknown"; readonly reason: string; readonly shapes: readonly OpenShape[] };

/** What runs the graphs inside a node: the branches of an If, the body of a Loop. */
export interface Bodies {
  /**
   * Runs a graph as part of the model, each of its layers `times` times.
   * @returns its outputs
   */
  readonly run: (graph: GraphProto, inputs: readonly Operand[], label: string, times?: bigint) => readonly Operand[];
  /** Does something, but to look only: `keep` makes its layers part of the model, `spare` only what they store, under that label. */
  readonly attempt: (label: string, run: () => readonly Operand[]) => Attempt;
  /** The same operand, its values no longer known: another in each iteration. */
  readonly varying: (operand: Operand) => Operand;
  /** A tensor of that shape that no layer makes: a slice of another, an iteration's number. */
  readonly slice: (shape: Shape, dtype: DType | undefined, of?: Operand) => Operand;
  /** Adds a layer for a result: for what a node does besides its bodies. */
  readonly add: (layer: Primitive, inputs: readonly Operand[]) => readonly Operand[];
}

export interface Attempt {
  readonly outputs: readonly Operand[];
  readonly macs: bigint;
  readonly flops: bigint;
  /** Bytes of what its layers make. */
  readonly written: bigint;
  /** All of its layers are counted. */
  readonly complete: boolean;
  readonly keep: () => void;
  readonly spare: () => void;
}

/** What a node says, what it reads, and where it stands. */
export interface NodeFacts {
  readonly op: string;
  readonly domain: string;
  readonly opset: number;
  readonly inputs: readonly Operand[];
  /** How many outputs it has. */
  readonly outputs: number;
  /** Which of them have no name, so that nobody makes them. */
  readonly absent: string;
  readonly attributes: Attributes;
  /** Its first output goes on into a softmax, as attention's scores do. */
  readonly scores: boolean;
  /** How often it runs: in the body of a loop. */
  readonly times: bigint;
}

/** A node as its rule sees it. */
export interface OnnxNode extends NodeFacts {
  readonly bodies: Bodies;
  /** What the file says of an output, where that holds for the inputs given. */
  readonly written: (index: number) => WrittenType | undefined;
  /** The element type that the file gives an output. */
  readonly writtenDtype: (index: number) => DType | undefined;
  /**
   * Turns constants that a layer reads into what the model stores for it, each once. Operands of `weights` are weights whatever made them, those of
   * `store` where they look like weights: of floats, with a dimension or more, and no attention mask.
   */
  readonly store: (operands: readonly Operand[], role?: Stored["role"]) => readonly Stored[];
  readonly weights: (operands: readonly (Operand | undefined)[], role?: Stored["role"]) => readonly Stored[];
  readonly warn: (text: string) => void;
}

/** Makes of a node what it is. Throws InputError where its inputs do not fit. */
export type Rule = (node: OnnxNode) => Result;

/** The shape of an operand; nothing for one that is left out. */
export function shapeOf(operand: Operand | undefined): Shape | undefined {
  if (operand?.kind === "tensor") return operand.value.shape;
  return operand?.kind === "constant" ? operand.shape : undefined;
}

/** The element type of an operand; nothing for the model's own. */
export function typeOf(operand: Operand | undefined): DType | undefined {
  if (operand?.kind === "tensor") return operand.value.dtype;
  return operand?.kind === "constant" ? operand.dtype : undefined;
}

/** The values of an operand, where they are known. */
export function typedValuesOf(operand: Operand | undefined): Values | undefined {
  if (operand?.kind !== "constant") return undefined;
  return operand.values instanceof StoredValues ? operand.values.get() : operand.values;
}

/** The values of an operand as numbers, to read sizes and axes of: whole ones beyond 2^53 are rounded. */
export function valuesOf(operand: Operand | undefined): readonly number[] | undefined {
  const values = typedValuesOf(operand);
  return values && numbersOf(values);
}

/** Known values as an operand. */
export function constantOf(name: string, shape: Shape, values: Values): Extract<Operand, { kind: "constant" }> {
  return { kind: "constant", name, shape, dtype: values.dtype, values, origins: Origins.none };
}

/** Values that a node makes, of their own type. */
export function made(shape: Shape, values: Values): Result {
  return { kind: "constant", shape, values, dtype: values.dtype };
}

/** Whether a node is given an input. */
export function given(operand: Operand | undefined): operand is Exclude<Operand, { kind: "none" }> {
  return operand !== undefined && operand.kind !== "none";
}

/** A shape that a tensor can have. Throws `bad-shape` for sizes that are negative, no whole numbers, or 2^53 and more. */
export function possible(shape: Shape): Shape {
  refuseRank(shape.length);
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return shape;
  return fail("bad-shape", `no tensor has the shape ${shape.join("x")}`, { expected: "sizes of 0 or more" });
}

/** A list that has a value for each of something. Throws `bad-attribute` for one of another length: what is missing would be made up. */
export function asMany<T>(node: NodeFacts, what: string, list: readonly T[], count: number): readonly T[] {
  if (list.length === count) return list;
  return fail("bad-attribute", `${what} of ${node.op} has ${list.length} ${list.length === 1 ? "value" : "values"}`, { expected: `${count}` });
}

/** Axes of which each is there once, as a slice or a padding has them. Throws `bad-axis`. */
export function differentAxes(node: NodeFacts, axes: readonly number[]): readonly number[] {
  if (new Set(axes).size === axes.length) return axes;
  return fail("bad-axis", `${node.op} has an axis twice: ${axes.join(", ")}`);
}

/** Values of a tensor are carried along up to this many: shapes and axes, not data. */
export const FEW = 4096;

/** The shape of a node's first input. Throws `bad-onnx` where that is no tensor. */
export function inputShape(node: OnnxNode): Shape {
  return shapeAt(node, 0);
}

/** A size as equal parts: the width of a head. Throws `heads-do-not-divide`. */
export function evenly(node: OnnxNode, size: number, parts: number, what: string): number {
  if (parts >= 1 && size % parts === 0) return size / parts;
  return fail("heads-do-not-divide", `${node.op} cannot divide ${size} among ${parts} ${what}`, { expected: `a multiple of the number of ${what}` });
}

/** The shape of one of a node's inputs. Throws `wrong-rank` where it has another number of dimensions. */
export function shapeAt(node: OnnxNode, index: number, rank?: number): Shape {
  const shape = shapeOf(node.inputs[index]);
  if (shape === undefined) return fail("bad-onnx", `${node.op} has no tensor as its input ${index}`);
  if (rank === undefined || shape.length === rank) return shape;
  return fail("wrong-rank", `input ${index} of ${node.op} has ${shape.length} dimensions`, { expected: `${rank}` });
}

/** Axes counted from the front, where there are any. Throws `bad-axis`. */
export function axesIn(node: OnnxNode, axes: readonly number[], rank: number): readonly number[];
export function axesIn(node: OnnxNode, axes: readonly number[] | undefined, rank: number): readonly number[] | undefined;
export function axesIn(node: OnnxNode, axes: readonly number[] | undefined, rank: number): readonly number[] | undefined {
  return axes?.map((axis) => resolveAxis(node.op, axis, rank));
}

/** The values of an input that decides a shape. Throws `data-dependent` where they are not known before the model runs. */
export function known(node: OnnxNode, index: number, what: string): readonly number[] {
  const values = valuesOf(node.inputs[index]);
  if (values?.every((value) => Number.isInteger(value)) === true) return values;
  if (values !== undefined) fail("bad-onnx", `${what} of ${node.op} is ${values.join(", ")}`, { expected: "whole numbers" });
  return dataDependent(`${what} of ${node.op} is computed from the model's data`);
}

/** What a shape depends on that is only known when the model runs: its sizes as far as they are known. */
export function unknown(reason: string, ...shapes: readonly OpenShape[]): Result {
  return { kind: "unknown", reason, shapes };
}

/** Sizes of which nothing is known but how many there are. Throws `bad-shape` for more than a tensor can have. */
export function anySizes(rank: number): OpenShape {
  refuseRank(rank);
  return Array<null>(rank).fill(null);
}

/** Throws `bad-shape` for more dimensions than a tensor can have. */
export function refuseRank(rank: number): void {
  if (rank > MAX_RANK) fail("bad-shape", `no tensor has ${rank} dimensions`, { expected: `at most ${MAX_RANK}` });
}

/** numpy's and PyTorch's limit. */
const MAX_RANK = 64;

/** Says that a shape cannot be told before the model runs. */
export function dataDependent(message: string): never {
  return fail("data-dependent", message, { expected: "a shape that is known before the model runs" });
}

/** An element type of ONNX by its number; nothing for one that is not counted in bytes here (strings). */
export function dtypeOf(type: number): DType | undefined {
  const name = ELEMENT_TYPES[type];
  return name !== undefined && isDType(name) ? name : undefined;
}
