import { fail } from "../../graph/diagnostic.js";
import { Windowed, type ByteSource } from "./bytes.js";

/**
 * Messages that can hold weights, by field: which fields are messages to look into, and which are payload. Numbers are those of
 * onnx.proto3 (github.com/onnx/onnx, IR version 3 to 11).
 */
interface MessageType {
  readonly messages: Readonly<Record<number, () => MessageType>>;
  readonly payload: readonly number[];
}

const TENSOR: MessageType = { messages: {}, payload: [4, 5, 6, 7, 9, 10, 11] };
const SPARSE: MessageType = { messages: { 1: () => TENSOR, 2: () => TENSOR }, payload: [] };
const ATTRIBUTE: MessageType = {
  messages: { 5: () => TENSOR, 6: () => GRAPH, 10: () => TENSOR, 11: () => GRAPH, 22: () => SPARSE, 23: () => SPARSE },
  payload: [],
};
const NODE: MessageType = { messages: { 5: () => ATTRIBUTE }, payload: [] };
const GRAPH: MessageType = { messages: { 1: () => NODE, 5: () => TENSOR, 15: () => SPARSE }, payload: [] };
const FUNCTION: MessageType = { messages: { 7: () => NODE, 11: () => ATTRIBUTE }, payload: [] };
const MODEL: MessageType = { messages: { 7: () => GRAPH, 20: () => TRAINING, 25: () => FUNCTION }, payload: [] };
const TRAINING: MessageType = { messages: { 1: () => GRAPH, 2: () => GRAPH }, payload: [] };

/** Values up to this many bytes may be shapes and axes; longer ones are weights, and are left where they are. */
const SMALL = 4096;
const MAX_DEPTH = 64;
/** A field that takes the place of a payload, and says how many bytes `raw_data` had: one that ONNX does not use. */
export const ELIDED = 1000;
const RAW_DATA = 9;
/** Bytes of everything but weights; more is no model but an attack. */
const MAX_KEPT = 512 * 1024 * 1024;

/**
 * The bytes of an ONNX model without the payloads of its large tensors: time and memory are those of the model without weights.
 * Throws `bad-onnx` where the bytes are no protobuf.
 */
export function withoutPayloads(source: ByteSource, path: string): Uint8Array {
  return new Elider(new Windowed(source), path).model();
}

class Elider {
  private kept = 0;
  /** Where the next byte is read. */
  private at = 0;

  constructor(
    private readonly bytes: Windowed,
    private readonly path: string,
  ) {}

  model(): Uint8Array {
    return this.message(MODEL, 0, this.bytes.length, 0) ?? this.copy(0, this.bytes.length);
  }

  /** A message without its payloads; nothing where there are none, and it stays as it stands. */
  private message(type: MessageType, start: number, end: number, depth: number): Uint8Array | undefined {
    if (depth > MAX_DEPTH) this.fail(`messages are nested more than ${MAX_DEPTH} deep`);
    const pieces: Uint8Array[] = [];
    // What stands together and is kept is copied together.
    let from = start;
    const keep = (to: number) => {
      if (to > from) pieces.push(this.copy(from, to));
    };
    this.at = start;
    while (this.at < end) {
      const field = this.at;
      const tag = this.varint(end);
      const [number, wire] = [Math.floor(tag / 8), tag % 8];
      const length = this.lengthOf(wire, end);
      const [body, next] = [this.at, this.at + length];
      if (next > end) this.fail(`this file is cut off: a field at byte ${body} should end at ${next}, and there are ${end}`);
      const large = wire === 2 && length > SMALL;
      const inner = large ? type.messages[number]?.() : undefined;
      const rewritten = inner === undefined ? undefined : this.message(inner, body, next, depth + 1);
      const isPayload = large && type.payload.includes(number);
      if (rewritten !== undefined || isPayload) {
        keep(field);
        from = next;
        if (rewritten !== undefined) pieces.push(...this.rewritten(number, rewritten));
        else if (number === RAW_DATA) pieces.push(varints(ELIDED << 3, length));
      }
      this.at = next;
    }
    if (from === start) return undefined;
    keep(end);
    return concat(pieces);
  }

  private copy(from: number, to: number): Uint8Array {
    this.kept += to - from;
    if (this.kept > MAX_KEPT) this.fail("this model has more than 512 MiB besides its weights");
    return this.bytes.bytes(from, to);
  }

  private rewritten(field: number, body: Uint8Array): readonly Uint8Array[] {
    return [varints((field << 3) | 2, body.length), body];
  }

  /** Bytes of a field's value, from where it starts; a varint is passed over. */
  private lengthOf(wire: number, end: number): number {
    switch (wire) {
      case 0:
        this.varint(end);
        return 0;
      case 1:
        return 8;
      case 2:
        return this.varint(end);
      case 5:
        return 4;
      default:
        return this.fail("this is no ONNX model, or a damaged one");
    }
  }

  private varint(end: number): number {
    let value = 0;
    for (let index = 0; index < 10; index++) {
      const byte = this.at < end ? this.bytes.byte(this.at) : undefined;
      if (byte === undefined) return this.fail(`this file is cut off at byte ${this.at}`);
      this.at += 1;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    return this.fail("this is no ONNX model, or a damaged one");
  }

  private fail(message: string): never {
    return fail("bad-onnx", message, { place: { kind: "file", path: this.path }, expected: "a model in ONNX format" });
  }
}

/** Two varints, one after the other: a field's key, and its value or length. */
function varints(key: number, value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest of [key, value]) {
    while (rest >= 0x80) {
      bytes.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    bytes.push(rest);
  }
  return new Uint8Array(bytes);
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
