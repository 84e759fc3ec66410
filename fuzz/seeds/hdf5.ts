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

/** The file that h5py writes for a model without weights: a superblock of version 0, and a root group with the attributes that Keras gives it. */
export function hdf5(modelConfig: string | undefined): Uint8Array {
  const architecture = modelConfig === undefined ? [] : [attribute("model_config", modelConfig)];
  const messages = [attribute("keras_version", "2.9.0"), attribute("backend", "tensorflow"), ...architecture];
  const size = messages.reduce((sum, { length }) => sum + length, 0);
  const header = joined(Uint8Array.of(1, 0), little(2, messages.length), little(4, 1), little(4, size), little(4, 0), ...messages);
  const superblock = joined(
    Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0),
    little(4, 0),
    ...[0, 2 ** 48, 96 + header.length, 2 ** 48].map((address) => little(8, address)),
    // The root group's entry: its name, and where its header is.
    ...[0, 96].map((address) => little(8, address)),
    new Uint8Array(24),
  );
  return joined(superblock, header);
}
