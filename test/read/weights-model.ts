export const bytesOf = (...parts: readonly (Uint8Array | string)[]) => {
  const pieces = parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
};
export const uint32 = (...values: readonly number[]) => new Uint8Array(new Uint32Array(values).buffer);
export const uint64 = (...values: readonly number[]) => new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer);

/** A safetensors file: the header's length, the header, so many bytes of data. */
export function safetensors(header: object, data: number): Uint8Array {
  const text = JSON.stringify(header);
  return bytesOf(uint64(text.length), text, new Uint8Array(data));
}

export const ggufText = (value: string) => bytesOf(uint64(value.length), value);
/** A GGUF file up to its tensors. */
export const ggufHead = (tensors: number) =>
  bytesOf(
    "GGUF",
    uint32(3),
    uint64(tensors, 2),
    ggufText("general.architecture"),
    uint32(8),
    ggufText("llama"),
    ggufText("list"),
    uint32(9, 4),
    uint64(3),
    uint32(1, 2, 3),
  );
/** One tensor of a GGUF file, by where its data begins in the data section. */
export const ggufTensor = (name: string, dims: readonly number[], type: number, offset = 0) =>
  bytesOf(ggufText(name), uint32(dims.length), uint64(...dims), uint32(type), uint64(offset));
/** A header with so many bytes of data behind it, which begin at a multiple of 32. */
export const ggufFile = (header: Uint8Array, data: number) => bytesOf(header, new Uint8Array(((32 - (header.length % 32)) % 32) + data));
