import { fail } from "../../graph/diagnostic.js";
import { single, type Mutable } from "./message.js";
import type { ModelReader } from "./reader.js";
import type { TypeProto, ValueInfo } from "./schema.js";
import { readEntry } from "./tensor.js";

/** The name and the type of a tensor of a graph. Throws `bad-onnx` for a type or shape that is given twice. */
export function readValueInfo(pbf: ModelReader): ValueInfo {
  const info: Mutable<ValueInfo> = { name: "" };
  let metadata: Map<string, string> | undefined;
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) info.name = pbf.readString();
    else if (field === 2) info.type = single(info.type, `the type of ${info.name}`, readType(pbf));
    else if (field === 4) {
      info.metadata = metadata ??= new Map();
      metadata.set(...readEntry(pbf));
    }
  }
  return info;
}

function readType(pbf: ModelReader): TypeProto | undefined {
  let type: TypeProto | undefined;
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    // A sparse tensor (8) has the fields of a tensor (1).
    if (field === 1 || field === 8) type = single(type, "a type", readTensorType(pbf));
    else if (field === 4 || field === 9) {
      const kind = field === 4 ? ("sequence" as const) : ("optional" as const);
      let element: TypeProto | undefined;
      const partEnd = pbf.messageEnd();
      while (pbf.next(partEnd)) {
        const { field: part } = pbf;
        if (part === 1) element = readType(pbf);
      }
      type = single<TypeProto>(type, "a type", { kind, element });
    } else if (field === 5) type = single<TypeProto>(type, "a type", { kind: "map" });
  }
  return type;
}

function readTensorType(pbf: ModelReader): TypeProto {
  const sizes: (number | string | null)[] = [];
  let [elementType, shaped] = [0, false];
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) elementType = pbf.readVarint();
    else if (field === 2) {
      if (shaped) fail("bad-onnx", "the shape of a type is given twice", { expected: "one" });
      shaped = true;
      const partEnd = pbf.messageEnd();
      while (pbf.next(partEnd)) {
        const { field: part } = pbf;
        if (part === 1) sizes.push(readSize(pbf));
      }
    }
  }
  return { kind: "tensor", elementType, shape: shaped ? sizes : undefined };
}

function readSize(pbf: ModelReader): number | string | null {
  let size: number | string | null = null;
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) size = pbf.readVarint(true);
    else if (field === 2) size = pbf.readString();
  }
  return size;
}
