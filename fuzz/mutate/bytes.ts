import type { Random } from "../random.js";

/** Changes a file without knowing what it is: bits, bytes, integers, and pieces that go, come twice or move. */
export function mutateBytes(content: Uint8Array, random: Random): Uint8Array {
  let bytes = content;
  for (let left = random.few(8); left > 0; left--) bytes = change(bytes, random);
  return bytes;
}

function change(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const length = Math.min(random.few(random.chance(4) ? 4096 : 16), bytes.length - at);
  switch (random.below(9)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return joined(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at));
    case 3:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length: random.few(16) }, () => random.below(256)),
        bytes.subarray(at),
      );
    case 4:
      return overwritten(bytes, at, bytes.slice(random.below(bytes.length)).subarray(0, length));
    case 5:
      return overwritten(bytes, at, integer(random));
    case 6:
      return overwritten(bytes, at - (at % 4), integer(random));
    default:
      return overwritten(bytes, at, Uint8Array.of(random.chance(2) ? random.below(256) : (bytes[at] ?? 0) ^ (1 << random.below(8))));
  }
}

/** A number at which readers trip, as 1, 2, 4 or 8 bytes in either order. */
function integer(random: Random): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(random.interesting()), true);
  const cut = bytes.subarray(0, random.pick([1, 2, 4, 8]));
  return random.chance(4) ? cut.slice().reverse() : cut;
}

export function overwritten(bytes: Uint8Array, at: number, with_: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(with_.subarray(0, Math.max(0, copy.length - at)), Math.min(at, copy.length));
  return copy;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
