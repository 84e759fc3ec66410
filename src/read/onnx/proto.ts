import PbfReader from "pbf";

// Field numbers are those of onnx.proto3 (github.com/onnx/onnx).

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
  16: "bfloat16",
  22: "int4",
};

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Values of small tensors of whole numbers or floats; absent where they are not in the file or were not loaded. */
  readonly values?: readonly number[] | undefined;
}

export interface AttributeProto {
  readonly name: string;
  readonly f?: number | undefined;
  readonly i?: number | undefined;
  readonly s?: string | undefined;
  readonly t?: TensorProto | undefined;
  readonly g?: GraphProto | undefined;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeProto>;
}

export interface ValueInfo {
  readonly name: string;
  readonly elementType: number;
  /** Sizes, names of sizes, or nothing for one that is not known; absent without a shape. */
  readonly shape?: readonly (number | string | null)[] | undefined;
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface ModelProto {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph?: GraphProto | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads one message: `field` is told each field's number and takes what it knows; the rest is passed over. */
function message(pbf: PbfReader, field: (number: number) => void): void {
  const end = pbf.type === 2 ? pbf.readVarint() + pbf.pos : pbf.length;
  while (pbf.pos < end) {
    const tag = pbf.readVarint();
    const start = pbf.pos;
    pbf.type = tag & 7;
    field(tag >> 3);
    if (pbf.pos === start) pbf.skip(tag);
  }
}

/** A model from bytes whose large payloads were taken out. Throws what pbf throws at bytes that are no protobuf. */
export function readModelProto(bytes: Uint8Array): ModelProto {
  const pbf = new PbfReader(bytes);
  const opsets = new Map<string, number>();
  const model: Mutable<ModelProto> = { irVersion: 0, producer: "", opsets };
  message(pbf, (number) => {
    if (number === 1) model.irVersion = pbf.readVarint(true);
    else if (number === 2) model.producer = pbf.readString();
    else if (number === 7) model.graph = readGraph(pbf);
    else if (number === 8) {
      const { domain, version } = readOpset(pbf);
      opsets.set(domain, version);
    }
  });
  return model;
}

function readOpset(pbf: PbfReader) {
  const opset = { domain: "", version: 0 };
  message(pbf, (number) => {
    if (number === 1) opset.domain = pbf.readString();
    else if (number === 2) opset.version = pbf.readVarint(true);
  });
  return opset;
}

function readGraph(pbf: PbfReader): GraphProto {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const [inputs, outputs]: [ValueInfo[], ValueInfo[]] = [[], []];
  let name = "";
  message(pbf, (number) => {
    if (number === 1) nodes.push(readNode(pbf));
    else if (number === 2) name = pbf.readString();
    else if (number === 5) initializers.push(readTensor(pbf));
    else if (number === 11) inputs.push(readValueInfo(pbf));
    else if (number === 12) outputs.push(readValueInfo(pbf));
  });
  return { name, nodes, initializers, inputs, outputs };
}

function readNode(pbf: PbfReader): NodeProto {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, AttributeProto>();
  const node: Mutable<NodeProto> = { name: "", opType: "", domain: "", inputs, outputs, attributes };
  message(pbf, (number) => {
    if (number === 1) inputs.push(pbf.readString());
    else if (number === 2) outputs.push(pbf.readString());
    else if (number === 3) node.name = pbf.readString();
    else if (number === 4) node.opType = pbf.readString();
    else if (number === 5) {
      const attribute = readAttribute(pbf);
      attributes.set(attribute.name, attribute);
    } else if (number === 7) node.domain = pbf.readString();
  });
  return node;
}

function readAttribute(pbf: PbfReader): AttributeProto {
  const [floats, ints]: [number[], number[]] = [[], []];
  const attribute: Mutable<AttributeProto> = { name: "", floats, ints };
  message(pbf, (number) => {
    if (number === 1) attribute.name = pbf.readString();
    else if (number === 2) attribute.f = pbf.readFloat();
    else if (number === 3) attribute.i = pbf.readVarint(true);
    else if (number === 4) attribute.s = new TextDecoder().decode(pbf.readBytes());
    else if (number === 5) attribute.t = readTensor(pbf);
    else if (number === 6) attribute.g = readGraph(pbf);
    else if (number === 7) pbf.readPackedFloat(floats);
    else if (number === 8) pbf.readPackedVarint(ints, true);
  });
  return attribute;
}

function readTensor(pbf: PbfReader): TensorProto {
  const dims: number[] = [];
  const typed: number[] = [];
  let raw: Uint8Array | undefined;
  const tensor: Mutable<TensorProto> = { name: "", dims, dataType: 0 };
  message(pbf, (number) => {
    if (number === 1) pbf.readPackedVarint(dims, true);
    else if (number === 2) tensor.dataType = pbf.readVarint();
    else if (number === 4) pbf.readPackedFloat(typed);
    else if (number === 5 || number === 7 || number === 11) pbf.readPackedVarint(typed, number !== 11);
    else if (number === 10) pbf.readPackedDouble(typed);
    else if (number === 8) tensor.name = pbf.readString();
    else if (number === 9) raw = pbf.readBytes();
  });
  const values = raw === undefined ? typed : rawValues(raw, tensor.dataType);
  const count = dims.reduce((product, size) => product * size, 1);
  // An elided or external payload leaves fewer values than the shape has.
  if (values !== undefined && values.length === count) tensor.values = values;
  return tensor;
}

function rawValues(raw: Uint8Array, type: number): readonly number[] | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const each = (size: number, read: (at: number) => number) =>
    Array.from({ length: Math.floor(raw.length / size) }, (_, index) => read(index * size));
  switch (ELEMENT_TYPES[type]) {
    case "float32":
      return each(4, (at) => view.getFloat32(at, true));
    case "float64":
      return each(8, (at) => view.getFloat64(at, true));
    case "int64":
    case "uint64":
      return each(8, (at) => Number(view.getBigInt64(at, true)));
    case "int32":
      return each(4, (at) => view.getInt32(at, true));
    case "bool":
    case "uint8":
      return each(1, (at) => view.getUint8(at));
    default:
      return undefined;
  }
}

function readValueInfo(pbf: PbfReader): ValueInfo {
  const info: Mutable<ValueInfo> = { name: "", elementType: 0 };
  const readShape = () => {
    const sizes: (number | string | null)[] = [];
    message(pbf, (number) => {
      if (number !== 1) return;
      let size: number | string | null = null;
      message(pbf, (kind) => {
        if (kind === 1) size = pbf.readVarint(true);
        else if (kind === 2) size = pbf.readString();
      });
      sizes.push(size);
    });
    info.shape = sizes;
  };
  message(pbf, (number) => {
    if (number === 1) info.name = pbf.readString();
    else if (number === 2)
      message(pbf, (kind) => {
        if (kind !== 1) return;
        message(pbf, (part) => {
          if (part === 1) info.elementType = pbf.readVarint();
          else if (part === 2) readShape();
        });
      });
  });
  return info;
}
