import type { ShorthandLayer } from "./shorthand.js";
import { fail, type Diagnostic, type Place } from "../../graph/diagnostic.js";

const BLANK = /(?:[ \t\r\f]|#[^\n]*)*/y;
const BLANK_LINES = /(?:\s|#[^\n]*)*/y;

/** A position in a text, with the few moves a hand-written parser needs. The only mutable thing of the notation. */
export class Cursor {
  position = 0;
  /** Layers in shorthand that were read, by their texts. */
  readonly layers = new Map<string, ShorthandLayer>();

  constructor(
    readonly text: string,
    /** What the text is called in a complaint: `argument 1`, a file name, `standard input`. */
    readonly source: string,
  ) {}

  get done(): boolean {
    return this.position >= this.text.length;
  }

  /** The next character, or the empty string at the end. */
  get next(): string {
    return this.text.charAt(this.position);
  }

  /** Passes over blanks and comments; over line ends too where `lines` is set. */
  skip(lines: boolean): void {
    const pattern = lines ? BLANK_LINES : BLANK;
    pattern.lastIndex = this.position;
    this.position += pattern.exec(this.text)?.[0].length ?? 0;
  }

  /** Takes what a sticky pattern matches here, or nothing. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.position += match[0].length;
    return match;
  }

  /** Whether a sticky pattern matches here. */
  sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.position;
    return pattern.test(this.text);
  }

  /** Takes one character if it is the next. */
  takeIf(character: string): boolean {
    if (this.next !== character) return false;
    this.position += 1;
    return true;
  }

  place(start: number, end = this.position): Place {
    return { kind: "text", source: this.source, text: this.text, start, end };
  }

  /** Complains about the text from `start` to here (at least one character). */
  fail(code: string, message: string, start: number, rest: Omit<Diagnostic, "code" | "message" | "place"> = {}): never {
    return fail(code, message, { ...rest, place: this.place(start, Math.max(this.position, start + 1)) });
  }
}
