import { joined } from "../mutate/bytes.js";

const little = (size: number, value: number) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes.subarray(0, size);
};
const padded = (bytes: Uint8Array) => joined(bytes, new Uint8Array((8 - (bytes.length % 8)) % 8));

/** A message of an object header, version 1: type, size, flags, and 3 bytes that are reserved. */
const message = (type: number, content: Uint8Array) => joined(little(2, type), little(2, padded(content).length), little(4, 0), padded(content));

/** A scalar attribute whose value is a text of fixed length. */
function attribute(name: string, value: string): Uint8Array {
  const [key, text] = [new TextEncoder().encode(`${name}\0`), new TextEncoder().encode(value)];
  const type = joined(Uint8Array.of(0x13, 0, 0, 0), little(4, text.length));
  const scalar = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
  const sizes = [key, type, scalar].map(({ length }) => little(2, length));
  return message(12, joined(Uint8Array.of(1, 0), ...sizes, padded(key), padded(type), scalar, text));
}

/** Groups by name, and in them arrays of floats by their sizes. */
export interface Group {
  readonly [name: string]: Group | readonly number[];
}

/** Where an object is put: the whole of its bytes, behind what it refers to. */
interface Placed {
  readonly bytes: Uint8Array;
  readonly at: number;
}

const isSizes = (member: Group | readonly number[]): member is readonly number[] => Array.isArray(member);

/** An object header, version 1. */
function header(messages: readonly Uint8Array[]): Uint8Array {
  const size = messages.reduce((sum, { length }) => sum + length, 0);
  return joined(Uint8Array.of(1, 0), little(2, messages.length), little(4, 1), little(4, size), little(4, 0), ...messages);
}

/** A dataset of 32-bit floats, of which nothing but the header is there. */
function dataset(sizes: readonly number[]): Uint8Array {
  const space = joined(Uint8Array.of(1, sizes.length, 0, 0, 0, 0, 0, 0), ...sizes.map((size) => little(8, size)));
  const float = joined(Uint8Array.of(0x11, 0x20, 31, 0), little(4, 4), Uint8Array.of(0, 0, 32, 0, 23, 8, 0, 23), little(4, 127));
  return header([message(1, space), message(3, float)]);
}

/** A group with a hard link to each of its members, which stand before it. */
function group(members: Group, start: number, more: readonly Uint8Array[] = []): Placed {
  let bytes: Uint8Array = new Uint8Array();
  const links = Object.entries(members).map(([name, member]) => {
    const at = start + bytes.length;
    const placed = isSizes(member) ? { bytes: dataset(member), at } : group(member, at);
    bytes = joined(bytes, placed.bytes);
    return message(6, joined(Uint8Array.of(1, 0, name.length), new TextEncoder().encode(name), little(8, placed.at)));
  });
  return { bytes: joined(bytes, header([...more, ...links])), at: start + bytes.length };
}

/** The file that h5py writes: a superblock of version 0, and a root group with the attributes that Keras gives it, and what is stored. */
export function hdf5(modelConfig: string | undefined, stored: Group = {}): Uint8Array {
  const architecture = modelConfig === undefined ? [] : [attribute("model_config", modelConfig)];
  const root = group(stored, 96, [attribute("keras_version", "2.9.0"), attribute("backend", "tensorflow"), ...architecture]);
  const superblock = joined(
    Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0),
    little(4, 0),
    ...[0, 2 ** 48, 96 + root.bytes.length, 2 ** 48].map((address) => little(8, address)),
    // The root group's entry: its name, and where its header is.
    ...[0, root.at].map((address) => little(8, address)),
    new Uint8Array(24),
  );
  return joined(superblock, root.bytes);
}
