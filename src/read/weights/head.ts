/** Bytes of a header at most, as the format has it. */
const MAX_HEADER = 100_000_000;

/** Whether a file begins as safetensors do: the length of a header, and the JSON that it is. */
export function isSafetensors(head: Uint8Array, length: number): boolean {
  const size = headerSize(head);
  return head[8] === 0x7b && size >= 2 && size <= MAX_HEADER && size + 8 <= length;
}

/** The length of the header, which a file begins with. */
export function headerSize(head: Uint8Array): number {
  return head.slice(0, 8).reduceRight((value, byte) => value * 256 + byte, 0);
}
