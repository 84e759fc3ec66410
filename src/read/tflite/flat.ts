import { ByteBuffer } from "flatbuffers";
import { fail } from "../../graph/diagnostic.js";

/** A table of a FlatBuffer: fields by their number in the schema. Every offset is checked: the file may be hostile. */
export class Table {
  constructor(
    private readonly bytes: ByteBuffer,
    private readonly at: number,
    private readonly path: string,
  ) {}

  /** The root table. Throws `bad-tflite`. */
  static root(content: Uint8Array, path: string): Table {
    const bytes = new ByteBuffer(content);
    if (content.length < 8) damaged(path);
    return new Table(bytes, bytes.readUint32(0), path);
  }

  int8(field: number, otherwise: number): number {
    const at = this.field(field, 1);
    return at === undefined ? otherwise : this.bytes.readInt8(at);
  }

  int32(field: number, otherwise: number): number {
    const at = this.field(field, 4);
    return at === undefined ? otherwise : this.bytes.readInt32(at);
  }

  int64(field: number, otherwise: number): number {
    const at = this.field(field, 8);
    return at === undefined ? otherwise : Number(this.bytes.readInt64(at));
  }

  uint64(field: number): number {
    const at = this.field(field, 8);
    return at === undefined ? 0 : Number(this.bytes.readUint64(at));
  }

  flag(field: number, otherwise = false): boolean {
    return this.int8(field, Number(otherwise)) !== 0;
  }

  /** A table that a field refers to. */
  table(field: number): Table | undefined {
    const at = this.field(field, 4);
    return at === undefined ? undefined : new Table(this.bytes, this.follow(at), this.path);
  }

  tables(field: number): readonly Table[] {
    const { start, length } = this.vector(field, 4);
    return Array.from({ length }, (_, index) => new Table(this.bytes, this.follow(start + 4 * index), this.path));
  }

  int32s(field: number): readonly number[] {
    const { start, length } = this.vector(field, 4);
    return Array.from({ length }, (_, index) => this.bytes.readInt32(start + 4 * index));
  }

  int64s(field: number): readonly number[] {
    const { start, length } = this.vector(field, 8);
    return Array.from({ length }, (_, index) => Number(this.bytes.readInt64(start + 8 * index)));
  }

  /** Bytes of a vector, not copied. */
  raw(field: number): Uint8Array | undefined {
    if (this.field(field, 4) === undefined) return undefined;
    const { start, length } = this.vector(field, 1);
    return this.bytes.bytes().subarray(start, start + length);
  }

  text(field: number): string {
    return new TextDecoder().decode(this.raw(field) ?? new Uint8Array());
  }

  /** How many elements a vector has. */
  count(field: number): number {
    return this.vector(field, 1).length;
  }

  private field(number: number, size: number): number | undefined {
    this.within(this.at, 4);
    const vtable = this.at - this.bytes.readInt32(this.at);
    this.within(vtable, 4);
    const position = 4 + 2 * number;
    const length = this.bytes.readUint16(vtable);
    if (position + 2 > length) return undefined;
    this.within(vtable, length);
    const offset = this.bytes.readUint16(vtable + position);
    if (offset === 0) return undefined;
    this.within(this.at + offset, size);
    return this.at + offset;
  }

  private vector(field: number, size: number): { readonly start: number; readonly length: number } {
    const at = this.field(field, 4);
    if (at === undefined) return { start: 0, length: 0 };
    const start = this.follow(at);
    this.within(start, 4);
    const length = this.bytes.readUint32(start);
    this.within(start + 4, length * size);
    return { start: start + 4, length };
  }

  private follow(at: number): number {
    this.within(at, 4);
    return at + this.bytes.readUint32(at);
  }

  private within(at: number, size: number): void {
    if (at < 0 || at + size > this.bytes.capacity()) damaged(this.path);
  }
}

function damaged(path: string): never {
  return fail("bad-tflite", "this TensorFlow Lite model is damaged: something in it lies outside of the file", {
    place: { kind: "file", path },
    expected: "a whole model in TensorFlow Lite's format",
  });
}
