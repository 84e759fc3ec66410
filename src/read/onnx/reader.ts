import PbfReader from "pbf";
import { SameBytes } from "./same-bytes.js";
import { SameSizes } from "./same-sizes.js";
import { SameTexts } from "./same-texts.js";
import type { Attributes } from "./schema.js";

/** Reads protobuf, and remembers what models say over and over: names, sizes, and attributes of nodes. */
export class ModelReader extends PbfReader {
  readonly attributes: SameBytes<Attributes>;
  readonly sizes = new SameSizes();
  /** The number of the field that {@link next} came to. */
  field = 0;
  /** Where its value starts. */
  private value = -1;
  private readonly texts: SameTexts;

  constructor(bytes: Uint8Array) {
    // pbf reads floats from the start of the array's buffer, wherever the array begins in it.
    super(bytes.byteOffset === 0 ? bytes : new Uint8Array(bytes));
    this.attributes = new SameBytes(this.buf);
    this.texts = new SameTexts(this.buf);
  }

  /** Where a message ends that is the value of the field which was just met, or the whole. */
  messageEnd(): number {
    // A damaged field may have no length, and its message nothing in front: it is read all the same.
    this.value = -1;
    return this.type === 2 ? this.readVarint() + this.pos : this.length;
  }

  /** Goes to the next field of a message, until its end; what nobody has read of the field before is passed over. */
  next(end: number): boolean {
    if (this.pos === this.value) this.skip(this.type);
    if (this.pos >= end) return false;
    const tag = this.readVarint();
    this.field = tag >> 3;
    this.type = tag & 7;
    this.value = this.pos;
    return true;
  }

  /** A varint of 64 bits, exact. */
  readInt64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.buf[this.pos++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return BigInt.asIntN(64, value);
  }

  /** Whole numbers of 64 bits, exact: packed, or one of them. */
  readInt64s(list: bigint[] = []): bigint[] {
    if (this.type !== 2) return (list.push(this.readInt64()), list);
    const end = this.readVarint() + this.pos;
    while (this.pos < Math.min(end, this.length)) list.push(this.readInt64());
    return list;
  }

  override readString(): string {
    const before = this.pos;
    const length = this.readVarint();
    const text = this.texts.read(this.pos, this.pos + length);
    if (text === undefined) {
      this.pos = before;
      return super.readString();
    }
    this.pos += length;
    return text;
  }
}
