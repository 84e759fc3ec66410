import { hashOf } from "./same-bytes.js";

/** Longer texts are no names. */
const MAX_LENGTH = 256;
/** Places that are looked at for a text: that so many others stand in its way is no accident. */
const MAX_PROBES = 16;
const FEWEST_SLOTS = 1 << 8;

/** Names in a file by their bytes: one that stands there over and over becomes a string once, which maps then know by its identity. */
export class SameTexts {
  private readonly texts: string[] = [];
  private readonly hashes: number[] = [];
  /** By hash, what number the text has that stands there, and 1; 0 where there is none. */
  private slots = new Int32Array(FEWEST_SLOTS);
  /** The characters of a name, by its length: to make a text of an array is four times as fast as to decode a part of another. */
  private readonly characters: number[][] = [];

  constructor(private readonly bytes: Uint8Array) {}

  /** The text from `start` to `end`; nothing where it is not a short one of ASCII, and decoded otherwise. */
  read(start: number, end: number): string | undefined {
    if (end - start > MAX_LENGTH || end > this.bytes.length) return undefined;
    const hash = hashOf(this.bytes, start, end);
    const mask = this.slots.length - 1;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = (hash + probe) & mask;
      const number = (this.slots[slot] ?? 0) - 1;
      if (number < 0) return this.add(start, end, hash, slot);
      const text = this.texts[number];
      if (text !== undefined && this.hashes[number] === hash && this.isSame(start, end, text)) return text;
    }
    return this.decoded(start, end);
  }

  private add(start: number, end: number, hash: number, slot: number): string | undefined {
    const text = this.decoded(start, end);
    if (text === undefined) return undefined;
    this.hashes.push(hash);
    this.slots[slot] = this.texts.push(text);
    if (2 * this.texts.length > this.slots.length) this.grow();
    return text;
  }

  private grow(): void {
    this.slots = new Int32Array(4 * this.slots.length);
    const mask = this.slots.length - 1;
    this.hashes.forEach((hash, number) => {
      for (let probe = 0; probe < MAX_PROBES; probe++) {
        const slot = (hash + probe) & mask;
        if (this.slots[slot] !== 0) continue;
        this.slots[slot] = number + 1;
        return;
      }
    });
  }

  private isSame(start: number, end: number, text: string): boolean {
    if (text.length !== end - start) return false;
    for (let at = start; at < end; at++) if (this.bytes[at] !== text.charCodeAt(at - start)) return false;
    return true;
  }

  private decoded(start: number, end: number): string | undefined {
    const characters = (this.characters[end - start] ??= new Array<number>(end - start).fill(0));
    for (let at = start; at < end; at++) {
      const byte = this.bytes[at] ?? 0;
      if (byte >= 0x80) return undefined;
      characters[at - start] = byte;
    }
    return String.fromCharCode.apply(null, characters);
  }
}
