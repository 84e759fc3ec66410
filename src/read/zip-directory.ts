import { inflateSync } from "fflate";
import { crc32 } from "../graph/crc32.js";
import { fail, type Place } from "../graph/diagnostic.js";
import type { ByteSource } from "./onnx/bytes.js";

/** A file of a zip archive, as the archive's directory lists it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** The CRC-32 of what it holds, unpacked. */
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly at: number;
}

const MAX_ENTRIES = 200_000;
/** The end record: 22 bytes and a comment of at most 65,535. */
const MAX_END = 22 + 65_535;
const MAX_DIRECTORY = 64 * 1024 * 1024;
/** What grows more than this as it is unpacked is no text of a model, but made to keep a reader busy. */
const MOST_TIMES = 500;
const LARGE = 4 * 1024 * 1024;

/**
 * A zip archive read by its directory (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3, zip64 included): files that are not asked for are never loaded. Methods throw
 * `bad-zip` where the archive is damaged or encrypted.
 */
export class ZipArchive {
  readonly entries: readonly ZipEntry[];

  constructor(
    private readonly bytes: ByteSource,
    private readonly place: Place,
    private readonly expected: string,
  ) {
    this.entries = this.directory();
  }

  /** The content of a file, checked against its CRC-32; nothing where it is larger than `maxBytes`. */
  content(entry: ZipEntry, maxBytes: number): Uint8Array | undefined {
    const content = this.unchecked(entry, maxBytes);
    if (content !== undefined && crc32(content) !== entry.crc) this.wrong(`${entry.name} has another CRC-32 than the archive says`);
    return content;
  }

  /** The same for archives of torch.save, which may be written without checksums (torch.serialization.set_crc32_options). */
  unchecked(entry: ZipEntry, maxBytes: number): Uint8Array | undefined {
    if (entry.size > maxBytes) return undefined;
    if (entry.isEncrypted) this.wrong(`${entry.name} is encrypted`);
    if (entry.size > LARGE && entry.size > MOST_TIMES * entry.packed) this.damaged();
    const packed = this.read(this.start(entry), entry.packed);
    if (entry.method === 0) return packed;
    if (entry.method !== 8) return this.damaged();
    try {
      return inflateSync(packed, { out: new Uint8Array(entry.size) });
    } catch {
      return this.damaged();
    }
  }

  /** A file that stands unpacked in the archive, to be read in pieces; nothing for a packed one. */
  window(entry: ZipEntry): ByteSource | undefined {
    if (entry.method !== 0 || entry.isEncrypted) return undefined;
    const start = this.start(entry);
    const { size } = entry;
    return { length: size, read: (from, to) => this.bytes.read(start + from, start + Math.min(to, size)) };
  }

  private start({ at }: ZipEntry): number {
    const header = view(this.read(at, 30));
    if (header.getUint32(0, true) !== 0x04034b50) return this.damaged();
    return at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  }

  private directory(): readonly ZipEntry[] {
    const { count, size, at } = this.end();
    if (count > MAX_ENTRIES || size > MAX_DIRECTORY) this.damaged();
    const bytes = this.read(at, size);
    const data = view(bytes);
    const entries = new Map<string, ZipEntry>();
    let offset = 0;
    for (let index = 0; index < count; index++) {
      if (offset + 46 > bytes.length || data.getUint32(offset, true) !== 0x02014b50) this.damaged();
      const [name, extra, comment] = [28, 30, 32].map((field) => data.getUint16(offset + field, true));
      const next = offset + 46 + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
      if (next > bytes.length) this.damaged();
      const entry = this.entry(bytes.subarray(offset, next), name ?? 0, extra ?? 0);
      if (entries.has(entry.name)) this.wrong(`this archive has two files called ${entry.name}`);
      entries.set(entry.name, entry);
      offset = next;
    }
    return [...entries.values()];
  }

  /** Sizes that need more than four bytes stand in the extra field of zip64, in this order, those alone that do. */
  private entry(bytes: Uint8Array, name: number, extra: number): ZipEntry {
    const data = view(bytes);
    const wide = zip64(bytes.subarray(46 + name, 46 + name + extra));
    const number = (at: number) => {
      const value = data.getUint32(at, true);
      return value === 0xffffffff ? (wide.shift() ?? this.damaged()) : value;
    };
    const [size, packed, at] = [number(24), number(20), number(42)];
    return {
      name: new TextDecoder().decode(bytes.subarray(46, 46 + name)),
      method: data.getUint16(10, true),
      isEncrypted: (data.getUint16(8, true) & 1) === 1,
      crc: data.getUint32(16, true),
      packed,
      size,
      at,
    };
  }

  private end(): { readonly count: number; readonly size: number; readonly at: number } {
    const { length } = this.bytes;
    const start = Math.max(0, length - MAX_END);
    const tail = this.read(start, length - start);
    const data = view(tail);
    for (let at = tail.length - 22; at >= 0; at--) {
      if (data.getUint32(at, true) !== 0x06054b50) continue;
      const [count, size, directory] = [data.getUint16(at + 10, true), data.getUint32(at + 12, true), data.getUint32(at + 16, true)];
      if (count !== 0xffff && size !== 0xffffffff && directory !== 0xffffffff) return { count, size, at: directory };
      return this.wideEnd(start + at - 20);
    }
    return this.damaged();
  }

  /** The end record of zip64, found by its locator. */
  private wideEnd(locator: number): { readonly count: number; readonly size: number; readonly at: number } {
    const found = view(this.read(locator, 20));
    if (found.getUint32(0, true) !== 0x07064b50) this.damaged();
    const record = view(this.read(this.exact(found.getBigUint64(8, true)), 56));
    if (record.getUint32(0, true) !== 0x06064b50) this.damaged();
    const field = (at: number) => this.exact(record.getBigUint64(at, true));
    return { count: field(32), size: field(40), at: field(48) };
  }

  private exact(value: bigint): number {
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : this.damaged();
  }

  private read(at: number, size: number): Uint8Array {
    if (at < 0 || size < 0 || at + size > this.bytes.length) this.damaged();
    return this.bytes.read(at, at + size);
  }

  private damaged(): never {
    return this.wrong("this archive is damaged");
  }

  private wrong(message: string): never {
    return fail("bad-zip", message, { place: this.place, expected: this.expected });
  }
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The numbers of a zip64 extra field. */
function zip64(extra: Uint8Array): number[] {
  const data = view(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + data.getUint16(at + 2, true)) {
    if (data.getUint16(at, true) !== 1) continue;
    const count = Math.floor(Math.min(data.getUint16(at + 2, true), extra.length - at - 4) / 8);
    return Array.from({ length: count }, (_, index) => Number(data.getBigUint64(at + 4 + 8 * index, true)));
  }
  return [];
}
