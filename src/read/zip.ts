import { unzipSync } from "fflate";
import { fail } from "../graph/diagnostic.js";
import type { ByteSource } from "./onnx/bytes.js";

/** Which entries of an archive are wanted, and how large they may be: a zip may claim anything. */
interface Wanted {
  readonly name: RegExp;
  readonly maxBytes: number;
  /** What the archive should be, for complaints. */
  readonly expected: string;
}

/** The first entry of an archive that is wanted; the rest stays packed. Throws `bad-zip`. */
export function zipEntry(bytes: ByteSource, { name, maxBytes, expected }: Wanted, path: string): Uint8Array | undefined {
  try {
    const found = unzipSync(bytes.read(0, bytes.length), { filter: (file) => name.test(file.name) && file.originalSize <= maxBytes });
    return Object.values(found)[0];
  } catch {
    return fail("bad-zip", "this archive is damaged", { place: { kind: "file", path }, expected });
  }
}
