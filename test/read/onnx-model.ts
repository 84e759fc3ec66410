import Pbf from "pbf";
import { analyze } from "../../src/analyze/analyze.js";
import type { ByteSource } from "../../src/read/onnx/bytes.js";
import { readOnnx, type ReadOnnxOptions } from "../../src/read/onnx/read.js";

// Messages are written by their field numbers in onnx.proto3.
export type Write = (pbf: Pbf) => void;

export const bytes = (...writes: readonly Write[]): Uint8Array => {
  const pbf = new Pbf();
  for (const write of writes) write(pbf);
  return pbf.finish();
};

export const message = (field: number, ...writes: readonly Write[]): Write => {
  const content = bytes(...writes);
  return (pbf) => {
    pbf.writeBytesField(field, content);
  };
};

/** Encoded here: pbf 4 writes characters beyond 16 bits wrongly. */
export const text =
  (field: number, value: string): Write =>
  (pbf) => {
    pbf.writeBytesField(field, new TextEncoder().encode(value));
  };

export const number =
  (field: number, value: number): Write =>
  (pbf) => {
    pbf.writeVarintField(field, value);
  };

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

interface TensorParts {
  readonly type?: number;
  readonly raw?: Uint8Array | undefined;
  readonly location?: string;
}

/** A TensorProto without a field number. */
export const tensorOf = (name: string, dims: readonly number[], { type = FLOAT, raw, location }: TensorParts = {}): readonly Write[] => [
  ...dims.map((size) => number(1, size)),
  number(2, type),
  text(8, name),
  ...(raw === undefined
    ? []
    : [
        (pbf: Pbf) => {
          pbf.writeBytesField(9, raw);
        },
      ]),
  ...(location === undefined ? [] : [message(13, text(1, "location"), text(2, location)), number(14, 1)]),
];

export const int64s = (...values: readonly number[]) => new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer);

/** An initializer of floats, its data left out. */
export const weight = (name: string, dims: readonly number[], parts: TensorParts = {}): Write => message(5, ...tensorOf(name, dims, parts));
/** A list of whole numbers, or one. */
export const whole = (name: string, ...values: readonly number[]): Write =>
  message(5, ...tensorOf(name, [values.length], { type: INT64, raw: int64s(...values) }));
export const scalar = (name: string, value: number): Write => message(5, ...tensorOf(name, [], { type: INT64, raw: int64s(value) }));
export const truth = (name: string, value: boolean): Write => message(5, ...tensorOf(name, [], { type: BOOL, raw: Uint8Array.of(Number(value)) }));

/** A tensor's type; without a shape where none is given. */
const valueOf = (field: number, name: string, dims: readonly (number | string)[] | undefined, type: number): Write => {
  const sizes = dims?.map((size) => message(1, typeof size === "number" ? number(1, size) : text(2, size)));
  return message(field, text(1, name), message(2, message(1, number(1, type), ...(sizes === undefined ? [] : [message(2, ...sizes)]))));
};

export const input = (name: string, dims: readonly (number | string)[], type = FLOAT) => valueOf(11, name, dims, type);
export const output = (name: string, dims?: readonly (number | string)[]) => valueOf(12, name, dims, FLOAT);
export const known = (name: string, dims: readonly (number | string)[]) => valueOf(13, name, dims, FLOAT);

export type AttributeValue =
  number | string | readonly number[] | { readonly graph: readonly Write[] } | { readonly tensor: readonly Write[] } | { readonly ref: string };

function attribute(name: string, value: AttributeValue): Write {
  const parts: readonly Write[] =
    typeof value === "number"
      ? [number(3, value), number(20, 2)]
      : typeof value === "string"
        ? [text(4, value), number(20, 3)]
        : "graph" in value
          ? [message(6, ...value.graph), number(20, 5)]
          : "tensor" in value
            ? [message(5, ...value.tensor), number(20, 4)]
            : "ref" in value
              ? [text(21, value.ref)]
              : [...value.map((each) => number(8, each)), number(20, 7)];
  return message(5, text(1, name), ...parts);
}

interface NodeParts {
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly field?: number;
  readonly scopes?: string;
}

/** `node("Add", ["a", "b"], ["c"])`. */
export const node = (op: string, inputs: readonly string[], outputs: readonly string[], parts: NodeParts = {}): Write =>
  message(
    parts.field ?? 1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, parts.name ?? ""),
    text(4, op),
    ...Object.entries(parts.attributes ?? {}).map(([name, value]) => attribute(name, value)),
    text(7, parts.domain ?? ""),
    ...(parts.scopes === undefined ? [] : [message(9, text(1, "pkg.torch.onnx.name_scopes"), text(2, parts.scopes))]),
  );

/** A function of the model: inputs, outputs, nodes of field 7. */
export const functionOf = (domain: string, name: string, inputs: readonly string[], outputs: readonly string[], ...nodes: readonly Write[]): Write =>
  message(
    25,
    text(1, name),
    ...inputs.map((each) => text(4, each)),
    ...outputs.map((each) => text(5, each)),
    ...nodes,
    message(9, number(2, 17)),
    text(10, domain),
  );

/** A model of opset 17 around the parts of its graph; `more` stands beside the graph. */
export const model = (graph: readonly Write[], ...more: readonly Write[]): Uint8Array =>
  bytes(number(1, 8), message(8, number(2, 17)), message(7, ...graph), ...more);

export const source = (content: Uint8Array): ByteSource => ({ length: content.length, read: (start, end) => content.subarray(start, end) });

export const analysed = (content: Uint8Array, options: ReadOnnxOptions = {}) => analyze(readOnnx(source(content), options));
