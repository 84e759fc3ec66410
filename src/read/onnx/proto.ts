import { fail } from "../../graph/diagnostic.js";
import { compacted, single, type Mutable } from "./message.js";
import { ModelReader } from "./reader.js";
import type {
  AttributeProto,
  Attributes,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
  ValueInfo,
} from "./schema.js";
import { withNotes } from "./noted.js";
import { readEntry, readSparse, readTensor } from "./tensor.js";
import { readValueInfo } from "./value-info.js";

// Field numbers are those of onnx.proto3 (github.com/onnx/onnx).

/**
 * A model from bytes whose large payloads were taken out. Throws what pbf throws at bytes that are no protobuf, and `bad-onnx` where something is given twice
 * that there is one of: readers differ in whether they take the first, the last or both.
 */
export function readModelProto(bytes: Uint8Array): ModelProto {
  const pbf = new ModelReader(bytes);
  const opsets = new Map<string, number>();
  const functions: FunctionProto[] = [];
  const model: Mutable<ModelProto> = { irVersion: 0, producer: "", opsets, functions };
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) model.irVersion = pbf.readVarint(true);
    else if (field === 2) model.producer = pbf.readString();
    else if (field === 7) model.graph = single(model.graph, "the graph", readGraph(pbf));
    else if (field === 8) readOpset(pbf, opsets);
    else if (field === 25) functions.push(readFunction(pbf));
  }
  return model;
}

/** Throws `bad-onnx` where there is an attribute of that name. */
function addAttribute(attributes: Map<string, AttributeProto>, attribute: AttributeProto): void {
  attributes.set(attribute.name, single(attributes.get(attribute.name), `the attribute ${attribute.name}`, attribute));
}

function readOpset(pbf: ModelReader, opsets: Map<string, number>): void {
  let [domain, version] = ["", 0];
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) domain = pbf.readString();
    else if (field === 2) version = pbf.readVarint(true);
  }
  if (version < 1) fail("bad-onnx", `the version of the operators of '${domain}' is ${version}`, { expected: "1 or more" });
  opsets.set(domain, single(opsets.get(domain), `the version of the operators of '${domain}'`, version));
}

function readFunction(pbf: ModelReader): FunctionProto {
  const [inputs, outputs, nodes]: [string[], string[], NodeProto[]] = [[], [], []];
  const defaults = new Map<string, AttributeProto>();
  const opsets = new Map<string, number>();
  const made: Mutable<FunctionProto> = { name: "", domain: "", overload: "", inputs, outputs, defaults, nodes, opsets };
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) made.name = pbf.readString();
    else if (field === 4) inputs.push(pbf.readString());
    else if (field === 5) outputs.push(pbf.readString());
    else if (field === 7) nodes.push(readNode(pbf));
    else if (field === 9) readOpset(pbf, opsets);
    else if (field === 10) made.domain = pbf.readString();
    else if (field === 11) {
      addAttribute(defaults, readAttribute(pbf));
    } else if (field === 13) made.overload = pbf.readString();
  }
  return made;
}

function readGraph(pbf: ModelReader): GraphProto {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const sparseInitializers: SparseTensorProto[] = [];
  const [inputs, outputs, valueInfo]: [ValueInfo[], ValueInfo[], ValueInfo[]] = [[], [], []];
  let name = "";
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) nodes.push(readNode(pbf));
    else if (field === 2) name = pbf.readString();
    else if (field === 5) initializers.push(readTensor(pbf));
    else if (field === 11) inputs.push(readValueInfo(pbf));
    else if (field === 12) outputs.push(readValueInfo(pbf));
    else if (field === 13) valueInfo.push(readValueInfo(pbf));
    else if (field === 15) sparseInitializers.push(readSparse(pbf));
  }
  return withNotes({ name, nodes, initializers, sparseInitializers, inputs, outputs, valueInfo });
}

/** What most nodes and attributes have none of: one for all of them. */
const NO_MAP: ReadonlyMap<string, never> = new Map<string, never>();
const NO_LIST: readonly never[] = [];

function readNode(pbf: ModelReader): NodeProto {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  let metadata: Map<string, string> | undefined;
  let own: Map<string, AttributeProto> | undefined;
  const node: Mutable<NodeProto> = { name: "", opType: "", domain: "", overload: "", inputs, outputs, attributes: NO_MAP, metadata: NO_MAP };
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) inputs.push(pbf.readString());
    else if (field === 2) outputs.push(pbf.readString());
    else if (field === 3) node.name = pbf.readString();
    else if (field === 4) node.opType = pbf.readString();
    else if (field === 5 && node.attributes.size === 0) node.attributes = readAttributes(pbf, end);
    else if (field === 5) {
      // The first ones may be those of other nodes, too.
      node.attributes = own ??= new Map(node.attributes);
      addAttribute(own, readAttribute(pbf));
    } else if (field === 7) node.domain = pbf.readString();
    else if (field === 8) node.overload = pbf.readString();
    else if (field === 9) {
      node.metadata = metadata ??= new Map();
      metadata.set(...readEntry(pbf));
    }
  }
  node.inputs = compacted(inputs);
  node.outputs = compacted(outputs);
  return node;
}

/** The first attributes of a node, as far as they stand together. Nodes with the same ones share them. */
function readAttributes(pbf: ModelReader, nodeEnd: number): Attributes {
  const start = pbf.pos;
  const end = endOfAttributes(pbf, nodeEnd);
  const known = end === start ? undefined : pbf.attributes.get(start, end);
  if (known !== undefined) {
    pbf.pos = end;
    return known;
  }
  const attributes = new Map<string, AttributeProto>();
  const add = () => {
    addAttribute(attributes, readAttribute(pbf));
  };
  add();
  while (pbf.pos < end) {
    const at = pbf.pos;
    // A damaged attribute ends elsewhere than it says: what is there is read as the field that it is.
    if (pbf.readVarint() !== ATTRIBUTE_TAG) {
      pbf.pos = at;
      return attributes;
    }
    pbf.type = ATTRIBUTE_TAG & 7;
    add();
  }
  // A tensor or a graph is one of its own in each node, however much alike they are.
  const plain = [...attributes.values()].every(({ t, g, sparse }) => t === undefined && g === undefined && sparse === undefined);
  if (pbf.pos === end && end > start && plain) pbf.attributes.set(start, end, attributes);
  return attributes;
}

/** Field 5 of a NodeProto, a message. */
const ATTRIBUTE_TAG = (5 << 3) | 2;

/** Attributes of more bytes are read each by itself: they are no settings, and to look at all of them again for each graph around them takes long. */
const MAX_ALIKE = 1024;

/** Where the attributes end that stand one after the other from where the reader is, behind the tag of the first. */
function endOfAttributes(pbf: ModelReader, nodeEnd: number): number {
  const start = pbf.pos;
  let end = start;
  if (pbf.type !== 2) return end;
  // A damaged node may say that it ends behind the file.
  const last = Math.min(nodeEnd, pbf.length);
  do {
    const length = pbf.readVarint();
    if (pbf.pos + length > last) break;
    end = pbf.pos += length;
  } while (end < last && end - start <= MAX_ALIKE && pbf.readVarint() === ATTRIBUTE_TAG);
  pbf.pos = start;
  return end - start > MAX_ALIKE ? start : end;
}

function readAttribute(pbf: ModelReader): AttributeProto {
  let [floats, ints, strings, exact]: [number[]?, number[]?, string[]?, bigint[]?] = [];
  const attribute: Mutable<AttributeProto> = { name: "", floats: NO_LIST, ints: NO_LIST, strings: NO_LIST };
  let type = 0;
  const text = () => new TextDecoder().decode(pbf.readBytes());
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) attribute.name = pbf.readString();
    else if (field === 2) attribute.f = pbf.readFloat();
    else if (field === 3) {
      const at = pbf.pos;
      attribute.i = pbf.readVarint(true);
      if (!Number.isSafeInteger(attribute.i)) attribute.exact = exactly(pbf, at, []);
    } else if (field === 4) attribute.s = text();
    else if (field === 5) attribute.t = single(attribute.t, "the tensor of an attribute", readTensor(pbf));
    else if (field === 6) attribute.g = single(attribute.g, "the graph of an attribute", readGraph(pbf));
    else if (field === 7) attribute.floats = floats = pbf.readPackedFloat(floats);
    else if (field === 8) {
      const [at, before] = [pbf.pos, ints?.length ?? 0];
      attribute.ints = ints = pbf.readPackedVarint(ints, true);
      // Of the new ones alone: a list may come number by number.
      if (exact !== undefined || !areSafe(ints, before)) attribute.exact = exact = exactly(pbf, at, exact ?? ints.slice(0, before).map(BigInt));
    } else if (field === 9) (attribute.strings = strings ??= []).push(text());
    else if (field === 21) attribute.ref = pbf.readString();
    else if (field === 22) attribute.sparse = single(attribute.sparse, "the tensor of an attribute", readSparse(pbf));
    else if (field === 20) type = pbf.readVarint();
  }
  return typed(attribute, type);
}

/** What holds the value of an attribute, by its type (AttributeProto.AttributeType). */
const HELD_IN: Readonly<Record<number, keyof AttributeProto>> = {
  1: "f",
  2: "i",
  3: "s",
  4: "t",
  5: "g",
  6: "floats",
  7: "ints",
  8: "strings",
  11: "sparse",
};

/** What proto3 does not write: a value of zero, or an empty one. */
const UNWRITTEN: Partial<AttributeProto> = { f: 0, i: 0, s: "" };

/** An attribute with the value of its type, where it says that. Throws `bad-onnx` for a value of another type. */
function typed(attribute: AttributeProto, type: number): AttributeProto {
  const own = HELD_IN[type];
  if (own === undefined || attribute.ref !== undefined) return attribute;
  const other = Object.values(HELD_IN).find((key) => key !== own && isHeld(attribute[key]));
  if (other !== undefined) fail("bad-onnx", `the attribute ${attribute.name} has a value of another type than it says`);
  return attribute[own] === undefined && own in UNWRITTEN ? { ...attribute, [own]: UNWRITTEN[own] } : attribute;
}

function isHeld(value: AttributeProto[keyof AttributeProto]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/** Whether doubles say all numbers of a list from one on. */
function areSafe(list: readonly number[], from: number): boolean {
  for (let index = from; index < list.length; index++) if (!Number.isSafeInteger(list[index])) return false;
  return true;
}

/** Reads again what was read from a place on, to the last digit, and adds it to a list. */
function exactly(pbf: ModelReader, at: number, list: bigint[]): bigint[] {
  pbf.pos = at;
  return pbf.readInt64s(list);
}
