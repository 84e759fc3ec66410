/** One line of a stream, counted from 1; or why there is none. */
export type Line =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly problem: "line-too-long" | "not-utf8"; readonly text?: never };

/** Longer lines are told, and never held: no request needs as much. */
export const MAX_LINE = 16 * 1024 * 1024;

const LINE_FEED = 10;

/**
 * The lines of a stream of bytes as they come: those of each chunk together, so that whoever answers them knows when there is nothing more to
 * answer for now. Blank lines count but are left out; a carriage return, a byte order mark and a missing end of the last line do not matter.
 * Memory is that of one chunk and one line.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxLine = MAX_LINE): AsyncGenerator<readonly Line[]> {
  const splitter = new Splitter(maxLine);
  for await (const chunk of chunks) {
    const lines = splitter.add(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = splitter.end();
  if (last.length > 0) yield last;
}

class Splitter {
  private readonly decoder = new TextDecoder("utf-8", { fatal: true });
  private number = 1;
  /** The beginning of a line whose end has not come. */
  private parts: Uint8Array[] = [];
  private length = 0;

  constructor(private readonly maxLine: number) {}

  add(chunk: Uint8Array): readonly Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.hold(chunk.subarray(start, end));
      lines.push(...this.end());
      start = end + 1;
    }
    this.hold(chunk.subarray(start));
    return lines;
  }

  /** The line that is held, unless it is blank. */
  end(): readonly Line[] {
    const { parts, length, number } = this;
    this.parts = [];
    this.length = 0;
    this.number += 1;
    if (length > this.maxLine) return [{ number, problem: "line-too-long" }];
    try {
      const text = this.decoder.decode(joined(parts, length));
      return text.trim() === "" ? [] : [{ number, text }];
    } catch {
      return [{ number, problem: "not-utf8" }];
    }
  }

  private hold(part: Uint8Array): void {
    this.length += part.length;
    if (this.length > this.maxLine) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [first, ...rest] = parts;
  if (first !== undefined && rest.length === 0) return first;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
