import { fail } from "../../graph/diagnostic.js";
import { isDType, type DType } from "../../graph/dtype.js";
import type { TypedValue } from "../../graph/inferrer.js";
import type { Layer, Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { resolveAxis } from "../../ops/primitive.js";
import { ELEMENT_TYPES, type AttributeProto } from "./proto.js";

/** What a node reads under one name. */
export type Operand =
  | { readonly kind: "none" }
  /** Made by a node that could not be counted: its shape is not known. */
  | { readonly kind: "unknown" }
  /** Computed by a node from the inputs. */
  | { readonly kind: "tensor"; readonly name: string; readonly value: TypedValue }
  /** Stored with the model, or computed from what is: with its values, where they are few and known. */
  | {
      readonly kind: "constant";
      readonly name: string;
      readonly shape: Shape;
      readonly dtype: DType | undefined;
      readonly values?: readonly number[] | undefined;
      /** The initializers that it is, or was computed from: they are parameters once a layer reads it. */
      readonly origins: readonly Origin[];
    };

/** A tensor that the file stores. */
export interface Origin {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType | undefined;
}

/** What a node becomes: a layer over some of its inputs, values known when the model is read, or one of its inputs under another name. */
export type Result =
  | { readonly kind: "layer"; readonly layer: Layer; readonly inputs: readonly Operand[] }
  | { readonly kind: "constant"; readonly shape: Shape; readonly values?: readonly number[] | undefined; readonly dtype?: DType | undefined }
  | { readonly kind: "same"; readonly operand: Operand };

/** A node as its rule sees it. */
export interface OnnxNode {
  readonly op: string;
  readonly opset: number;
  readonly inputs: readonly Operand[];
  readonly outputs: number;
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  /**
   * Turns constants that a layer reads into what the model stores for it, each once. Operands of `weights` are weights whatever made them, those of
   * `operands` where an initializer of a dimension or more is behind them.
   */
  readonly store: (operands: readonly Operand[], role?: Stored["role"]) => readonly Stored[];
  readonly weights: (operands: readonly Operand[], role?: Stored["role"]) => readonly Stored[];
}

/** Makes of a node what it is. Throws InputError where its inputs do not fit. */
export type Rule = (node: OnnxNode) => Result;

/** The shape of an operand; nothing for one that is left out. */
export function shapeOf(operand: Operand | undefined): Shape | undefined {
  if (operand === undefined || operand.kind === "none" || operand.kind === "unknown") return undefined;
  return operand.kind === "tensor" ? operand.value.shape : operand.shape;
}

/** The values of an operand, where they are known. */
export function valuesOf(operand: Operand | undefined): readonly number[] | undefined {
  return operand?.kind === "constant" ? operand.values : undefined;
}

/** A whole-number attribute, or its default. */
export function int(node: OnnxNode, name: string, otherwise: number): number {
  return node.attributes.get(name)?.i ?? otherwise;
}

/** A list of whole numbers; nothing where it is left out. */
export function ints(node: OnnxNode, name: string): readonly number[] | undefined {
  const found = node.attributes.get(name);
  return found === undefined || found.ints.length === 0 ? undefined : found.ints;
}

/** A shape that a tensor can have. Throws `bad-shape` for sizes that are negative, no whole numbers, or 2^53 and more. */
export function possible(shape: Shape): Shape {
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return shape;
  return fail("bad-shape", `no tensor has the shape ${shape.join("x")}`, { expected: "sizes of 0 or more" });
}

/** A list attribute with a number for each spatial axis. Throws `bad-attribute` for one of another length. */
export function perAxis(node: OnnxNode, name: string, rank: number, otherwise: number): readonly number[] {
  const list = ints(node, name) ?? Array<number>(rank).fill(otherwise);
  if (list.length === rank && list.every((value) => value >= otherwise && Number.isSafeInteger(value))) return list;
  return fail("bad-attribute", `${name} of ${node.op} is ${list.join(", ")}`, { expected: `${rank} whole numbers from ${otherwise} on` });
}

/** Values of a tensor are carried along up to this many: shapes and axes, not data. */
export const FEW = 4096;

/** The shape of a node's first input. */
export function inputShape(node: OnnxNode): Shape {
  return shapeOf(node.inputs[0]) ?? [];
}

/** The `axis` of a node, counted from the front. Throws `bad-axis`. */
export function axisOf(node: OnnxNode, rank: number, otherwise: number): number {
  return resolveAxis(node.op, int(node, "axis", otherwise), rank);
}

/** The values of an input that decides a shape. Throws `data-dependent` where they are not known before the model runs. */
export function known(node: OnnxNode, index: number, what: string): readonly number[] {
  const values = valuesOf(node.inputs[index]);
  if (values?.every((value) => Number.isFinite(value)) === true) return values;
  return fail("data-dependent", `${what} of ${node.op} is computed from the model's data`, {
    expected: "a shape that is known before the model runs",
  });
}

/** An element type of ONNX by its number; nothing for one that is not counted in bytes here (strings). */
export function dtypeOf(type: number): DType | undefined {
  const name = ELEMENT_TYPES[type];
  return name !== undefined && isDType(name) ? name : undefined;
}
