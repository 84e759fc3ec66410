import type { Stored } from "../../graph/layer.js";

// Messages of onnx.proto3 (github.com/onnx/onnx), as far as costs and shapes need them.

/** Element types by their number (TensorProto.DataType). */
export const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  8: "string",
  9: "bool",
  10: "float16",
  11: "float64",
  12: "uint32",
  13: "uint64",
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
  24: "float8e8m0",
  25: "uint2",
  26: "int2",
};

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Values of small tensors in fields of their type; absent where they are in `raw`, not in the file, or were not loaded. */
  readonly values?: readonly (number | bigint)[] | undefined;
  /** Bytes of `raw_data`, loaded or not; absent where there is none. */
  readonly rawLength?: number | undefined;
  /** What it is stored as, where several tensors share it. */
  readonly key?: object | undefined;
  /** Bytes of a small tensor, whose values are read when they are asked for: these, or `rawLength` of them from `rawStart` on. */
  readonly raw?: Uint8Array | undefined;
  readonly rawStart?: number | undefined;
  /** What the file says that it is; nothing where that follows from what reads it. */
  readonly role?: "parameter" | "buffer" | "constant" | undefined;
  /** Whole numbers that stand for real ones, by a scale. */
  readonly quantised?: boolean | undefined;
  /** Why its values, which may decide a shape, are not there though the file lists them. */
  readonly absent?: string | undefined;
  /** Where external data is said to be, relative to the model. */
  readonly location?: string | undefined;
  /** How many bytes of external data there are said to be. */
  readonly externalLength?: string | undefined;
  /** How many values there are in fields of their type, where they are not as many as the shape has. */
  readonly listed?: number | undefined;
}

/** A sparse tensor: what is stored of it, and the shape that it stands for. */
export interface SparseTensorProto {
  readonly values: TensorProto;
  readonly dims: readonly number[];
}

export interface AttributeProto {
  readonly name: string;
  readonly f?: number | undefined;
  readonly i?: number | undefined;
  readonly s?: string | undefined;
  readonly t?: TensorProto | undefined;
  readonly g?: GraphProto | undefined;
  readonly sparse?: SparseTensorProto | undefined;
  /** Attribute of the function around the node that this one is. */
  readonly ref?: string | undefined;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  /** Whole numbers to the last digit, where those of `i` or `ints` are not: beyond 2^53. */
  readonly exact?: readonly bigint[] | undefined;
  readonly strings: readonly string[];
}

export type Attributes = ReadonlyMap<string, AttributeProto>;

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** What exporters note about a node (`pkg.torch.onnx.name_scopes`). */
  readonly metadata: ReadonlyMap<string, string>;
  /** What the file stores for this node alone: known whatever its operator is. */
  readonly stored?: readonly Stored[] | undefined;
}

/** Sizes, names of sizes, or nothing for one that is not known. */
export type Sizes = readonly (number | string | null)[];

export type TypeProto =
  | {
      readonly kind: "tensor";
      readonly elementType: number;
      readonly shape?: Sizes | undefined;
      /** Sizes that the file stores in place of those that `shape` leaves open: 1 where nothing is known (TensorFlow Lite). */
      readonly placeholders?: readonly number[] | undefined;
    }
  | { readonly kind: "sequence" | "optional"; readonly element?: TypeProto | undefined }
  | { readonly kind: "map" };

export interface ValueInfo {
  readonly name: string;
  readonly type?: TypeProto | undefined;
  /** What exporters note about a value (`pkg.torch.export.graph_signature.InputSpec.kind`); absent where there is nothing. */
  readonly metadata?: ReadonlyMap<string, string> | undefined;
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly sparseInitializers: readonly SparseTensorProto[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Types of tensors between nodes, where the exporter wrote them. */
  readonly valueInfo: readonly ValueInfo[];
}

export interface FunctionProto {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes with their defaults. */
  readonly defaults: Attributes;
  readonly nodes: readonly NodeProto[];
  readonly opsets: ReadonlyMap<string, number>;
}

export interface ModelProto {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph?: GraphProto | undefined;
  readonly functions: readonly FunctionProto[];
}

/** The graphs inside of nodes, and inside of theirs: each once, however many nodes share it, the outer ones first. */
export function graphsIn(nodes: readonly NodeProto[]): readonly GraphProto[] {
  const found = new Set<GraphProto>();
  const add = (some: readonly NodeProto[]) => {
    for (const { attributes } of some) for (const { g } of attributes.values()) if (g !== undefined) found.add(g);
  };
  add(nodes);
  // A set goes on to what is added to it on the way.
  for (const graph of found) add(graph.nodes);
  return [...found];
}
