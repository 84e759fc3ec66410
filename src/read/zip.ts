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

const MAX_ENTRIES = 100_000;

/** What grows so much as it is unpacked is no text of a model, whose layers differ at least in their names, but made to keep a reader busy. */
const MOST_TIMES = 500;
const LARGE = 4 * 1024 * 1024;

/** The first entry of an archive that is wanted; the rest stays packed. Throws `bad-zip`. */
export function zipEntry(bytes: ByteSource, { name, maxBytes, expected }: Wanted, path: string): Uint8Array | undefined {
  let entries = 0;
  try {
    const found = unzipSync(bytes.read(0, bytes.length), {
      filter: (file) => {
        // The library believes the archive how many entries it has: four thousand million, of a damaged one.
        entries += 1;
        if (entries > MAX_ENTRIES) throw new RangeError("more entries than an archive has");
        if (!name.test(file.name) || file.originalSize > maxBytes) return false;
        if (file.originalSize > LARGE && file.originalSize > MOST_TIMES * file.size) throw new RangeError("more than it could hold");
        return true;
      },
    });
    return Object.values(found)[0];
  } catch {
    return fail("bad-zip", "this archive is damaged", { place: { kind: "file", path }, expected });
  }
}
