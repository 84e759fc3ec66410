import { crc32 } from "../graph/crc32.js";

/** The last field of an object. */
const DIGEST = /,"digest":"(crc32:[0-9a-f]{8})"\}$/;

/**
 * The checksum of JSON that comes piece by piece: it shows that a file was edited by hand, not by whom. Blanks do not count, so that a file that was only
 * laid out anew keeps its digest.
 */
export class Digest {
  private readonly encoder = new TextEncoder();
  private sum = 0;

  add(piece: string): void {
    this.sum = crc32(this.encoder.encode(withoutBlanks(piece)), this.sum);
  }

  /** `crc32:` and eight hexadecimal digits. */
  text(): string {
    return `crc32:${this.sum.toString(16).padStart(8, "0")}`;
  }
}

/** Whether the digest at the end of a JSON object is that of all before it. */
export function digestState(json: string): "fits" | "broken" | "missing" {
  const plain = withoutBlanks(json);
  const found = DIGEST.exec(plain.slice(-40));
  if (found === null) return plain.includes('"digest":') ? "broken" : "missing";
  const digest = new Digest();
  digest.add(plain.slice(0, plain.length - found[0].length));
  return digest.text() === found[1] ? "fits" : "broken";
}

function withoutBlanks(text: string): string {
  return text.replace(/[ \t\r\n]+/g, "");
}
