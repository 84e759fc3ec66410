import { fail } from "../../graph/diagnostic.js";
import type { DType } from "../../graph/dtype.js";
import type { Attributes, Inference, Kind, Primitive, TensorType } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";

/** A tensor that an operator reads. */
export interface Operand extends TensorType {
  /** It is stored with the model (a parameter, a buffer, a constant, or a view of one), and no activation. */
  readonly stored: boolean;
}

/** An argument of an operator by its kind. A flag is 0 or 1, a symbolic size its number. */
export type Argument =
  | { readonly kind: "tensors"; readonly operands: readonly (Operand | undefined)[] }
  | { readonly kind: "numbers"; readonly values: readonly number[]; readonly isList: boolean }
  | { readonly kind: "text"; readonly value: string };

/** One call of an ATen operator in an exported graph; argument names are those of its schema (native_functions.yaml). */
export interface AtenCall {
  /** Without namespace, overload and the underscore of an operator that works in place. */
  readonly op: string;
  readonly overload: string;
  readonly args: ReadonlyMap<string, Argument>;
  readonly outputs: readonly TensorType[];
}

/** What a call costs. Its output shapes are written in the graph. */
export interface Counted extends Partial<Pick<Inference, "mixes" | "formulas">> {
  readonly op: string;
  readonly kind?: Kind | undefined;
  readonly macs?: bigint;
  readonly operations?: Inference["cost"]["operations"];
  readonly attributes?: Attributes;
  /** The outputs are the first input's memory. */
  readonly view?: boolean;
  /** Why the cost is not known, or not all of it. */
  readonly uncounted?: string;
  /** What the operator calls the tensors of an argument where ATen has another name for it. */
  readonly ports?: Readonly<Record<string, string | readonly string[]>>;
  /** Elements of the first output by the operator's own rule of shapes, where the library has one: the file should say as many. */
  readonly makes?: bigint;
  /** What depends on the data and was assumed. */
  readonly warning?: string;
}

export type AtenRule = (call: AtenCall) => Counted;

/** Tensors of an argument, a list or one; those that are not given are left out. */
export function tensors({ args }: AtenCall, name: string): readonly Operand[] {
  const found = args.get(name);
  return found?.kind === "tensors" ? found.operands.flatMap((operand) => operand ?? []) : [];
}

/** The tensor of the first of these arguments that is given. */
export function tensor(call: AtenCall, ...names: readonly string[]): Operand | undefined {
  for (const name of names) {
    const [found] = tensors(call, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export const hasTensor = (call: AtenCall, name: string): boolean => tensor(call, name) !== undefined;

/** The shape of an argument; a scalar's where it is not given. */
export const shapeOf = (call: AtenCall, ...names: readonly string[]): Shape => tensor(call, ...names)?.shape ?? [];

/** All tensors in the order of the arguments. */
export function allTensors({ args }: AtenCall): readonly Operand[] {
  return [...args.values()].flatMap((arg) => (arg.kind === "tensors" ? arg.operands.flatMap((operand) => operand ?? []) : []));
}

export function numbers({ args }: AtenCall, name: string): readonly number[] | undefined {
  const found = args.get(name);
  return found?.kind === "numbers" ? found.values : undefined;
}

export function number(call: AtenCall, name: string): number | undefined {
  return numbers(call, name)?.[0];
}

export const flag = (call: AtenCall, name: string): boolean => number(call, name) === 1;

export function text({ args }: AtenCall, name: string): string | undefined {
  const found = args.get(name);
  return found?.kind === "text" ? found.value : undefined;
}

/** An argument that is a whole number. Throws `bad-attribute` for one that is another, or less than `least`. */
export function whole(call: AtenCall, name: string, least = -Infinity): number | undefined {
  const [value] = wholes(call, name, least) ?? [];
  return value;
}

/** A list of whole numbers. Throws `bad-attribute` for one that holds another, or less than `least`. */
export function wholes(call: AtenCall, name: string, least = -Infinity): readonly number[] | undefined {
  const values = numbers(call, name);
  const wrong = values?.find((value) => !Number.isSafeInteger(value) || value < least);
  if (wrong === undefined) return values;
  return fail("bad-attribute", `${name} of ${call.op} is ${wrong}`, {
    expected: least === -Infinity ? "a whole number" : `a whole number of at least ${least}`,
  });
}

/**
 * One whole number for each axis: a list of one, and a number alone, hold for all axes; an empty list is one that is not given.
 * Throws `bad-attribute` for what is no whole number, or less than `least`.
 */
export function perAxis(call: AtenCall, name: string, rank: number, fallback: number | readonly number[], least = 1): readonly number[] {
  const given = wholes(call, name, least) ?? [];
  const values = given.length > 0 ? given : typeof fallback === "number" ? [fallback] : fallback;
  return Array.from({ length: rank }, (_, axis) => values[axis] ?? values[0] ?? 0);
}

/** Shape of the first output. */
export const outputOf = ({ outputs }: AtenCall): Shape => outputs[0]?.shape ?? [];

/** Elements of the first output, of the first tensor that is read. */
export const outputElements = (call: AtenCall): bigint => elements(outputOf(call));
export const inputElements = (call: AtenCall): bigint => elements(allTensors(call)[0]?.shape ?? outputOf(call));

export const isComplex = (dtype: DType | undefined): boolean => dtype?.startsWith("complex") === true;

/** What an operator of the library says of a call: its cost and attributes; the output shape stays the written one. */
export function as(layer: Primitive, ...inputs: readonly Shape[]): Counted {
  const { cost, attributes, kind, mixes, formulas, outputs } = layer.infer(inputs);
  const makes = elements(outputs[0]?.shape ?? []);
  return { op: layer.op, macs: cost.macs, operations: cost.operations, attributes, kind, mixes, formulas, makes };
}

/** An image with its batch: PyTorch's spatial operators also read one sample without. */
export function batched(shape: Shape, spatial: number): Shape {
  return shape.length === spatial + 1 ? [1, ...shape] : shape;
}

/** The entries of a table by name: the names of a list share one. */
export function all<T>(names: string, entry: T): Readonly<Record<string, T>> {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, entry]),
  );
}
