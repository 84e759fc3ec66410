import { Builder } from "flatbuffers";

// Fields by their number in TensorFlow Lite's schema.fbs.
export type Field = { readonly int?: number; readonly long?: number; readonly byte?: number; readonly at?: number };

function isList(field: Field | readonly number[]): field is readonly number[] {
  return Array.isArray(field);
}

class Writer {
  readonly builder = new Builder(1024);

  table(fields: Readonly<Record<number, Field>>): number {
    this.builder.startObject(16);
    for (const [number, { int, long, byte, at }] of Object.entries(fields)) {
      if (long !== undefined) this.builder.addFieldInt64(Number(number), BigInt(long), -12345n);
      if (int !== undefined) this.builder.addFieldInt32(Number(number), int, -12345);
      if (byte !== undefined) this.builder.addFieldInt8(Number(number), byte, -123);
      if (at !== undefined) this.builder.addFieldOffset(Number(number), at, 0);
    }
    return this.builder.endObject();
  }

  tables(list: readonly number[]): number {
    this.builder.startVector(4, list.length, 4);
    for (const at of [...list].reverse()) this.builder.addOffset(at);
    return this.builder.endVector();
  }

  ints(list: readonly number[]): number {
    this.builder.startVector(4, list.length, 4);
    for (const value of [...list].reverse()) this.builder.addInt32(value);
    return this.builder.endVector();
  }

  /** Fields whose lists are written as vectors of 64-bit numbers. */
  longs(fields: Readonly<Record<number, Field | readonly number[]>>): Readonly<Record<number, Field>> {
    return Object.fromEntries(
      Object.entries(fields).map(([number, field]): [string, Field] => (isList(field) ? [number, { at: this.vector(field) }] : [number, field])),
    );
  }

  private vector(list: readonly number[]): number {
    this.builder.startVector(8, list.length, 8);
    for (const value of [...list].reverse()) this.builder.addInt64(BigInt(value));
    return this.builder.endVector();
  }

  bytes(content: Uint8Array): number {
    this.builder.startVector(1, content.length, 16);
    for (const value of [...content].reverse()) this.builder.addInt8(value);
    return this.builder.endVector();
  }
}

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: number;
  readonly buffer?: number;
  /** Sizes as they are known: -1 for one that is open. */
  readonly signature?: readonly number[];
  readonly hasRank?: boolean;
  /** How many scales and zero points it has. */
  readonly scales?: readonly [scales: number, zeroPoints: number];
  readonly sparse?: boolean;
}
export interface Operator {
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly options?: Readonly<Record<number, Field>>;
  /** Options of newer operators. */
  readonly newer?: Readonly<Record<number, Field | readonly number[]>>;
  /** Options of a custom operator, 32 bits each. */
  readonly custom?: readonly number[];
}
export interface Graph {
  readonly tensors: readonly Tensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly operators: readonly Operator[];
}

export const int32s = (...values: readonly number[]) => new Uint8Array(new Int32Array(values).buffer);

/** A model: operators by their builtin number, or a custom name; buffers from 1 on. */
export function model(codes: readonly (number | string)[], graphs: readonly Graph[], buffers: readonly Uint8Array[] = []): Uint8Array {
  const writer = new Writer();
  const written = codes.map((code) => {
    const name = typeof code === "string" ? { 1: { at: writer.builder.createString(code) } } : {};
    return writer.table({
      0: { byte: typeof code === "string" ? 32 : Math.min(code, 127) },
      ...name,
      3: { int: typeof code === "string" ? 32 : code },
    });
  });
  const subgraphs = graphs.map(({ tensors, inputs, outputs, operators }) => {
    const all = tensors.map(({ name, shape, type = 0, buffer = 0, signature, hasRank, scales, sparse }) => {
      const [text, sizes] = [writer.builder.createString(name), writer.ints(shape)];
      const open = signature === undefined ? {} : { 7: { at: writer.ints(signature) } };
      const ranked = hasRank === undefined ? {} : { 8: { byte: Number(hasRank) } };
      const counts = scales?.map((count) => ({ at: writer.ints(Array<number>(count).fill(1)) }));
      const scaled = counts === undefined ? {} : { 4: { at: writer.table({ 2: counts[0] ?? {}, 3: counts[1] ?? {} }) } };
      const sparsity = sparse === true ? { 6: { at: writer.table({}) } } : {};
      return writer.table({ 0: { at: sizes }, 1: { byte: type }, 2: { int: buffer }, 3: { at: text }, ...open, ...ranked, ...scaled, ...sparsity });
    });
    const nodes = operators.map(({ code, inputs: read, outputs: made, options, newer, custom }) => {
      const [from, to] = [writer.ints(read), writer.ints(made)];
      const own = options === undefined ? {} : { 4: { at: writer.table(options) } };
      const second = newer === undefined ? {} : { 12: { at: writer.table(writer.longs(newer)) } };
      const bytes = custom === undefined ? {} : { 5: { at: writer.bytes(int32s(...custom)) } };
      return writer.table({ 0: { int: code }, 1: { at: from }, 2: { at: to }, ...own, ...bytes, ...second });
    });
    const parts = [writer.tables(all), writer.ints(inputs), writer.ints(outputs), writer.tables(nodes)] as const;
    return writer.table({ 0: { at: parts[0] }, 1: { at: parts[1] }, 2: { at: parts[2] }, 3: { at: parts[3] } });
  });
  const data = [new Uint8Array(), ...buffers].map((content) => {
    const at = writer.bytes(content);
    return writer.table(content.length === 0 ? {} : { 0: { at } });
  });
  const lists = [writer.tables(written), writer.tables(subgraphs), writer.tables(data)] as const;
  const root = writer.table({ 0: { int: 3 }, 1: { at: lists[0] }, 2: { at: lists[1] }, 4: { at: lists[2] } });
  writer.builder.finish(root, "TFL3");
  return writer.builder.asUint8Array().slice();
}
