import { fail, type Place } from "../../graph/diagnostic.js";

/** A section of a Darknet file: `[convolutional]` and the lines below it. */
export interface Section {
  /** Its name without brackets. */
  readonly type: string;
  readonly place: Place;
  readonly options: ReadonlyMap<string, Option>;
}

interface Option {
  readonly value: string;
  readonly place: Place;
}

/**
 * The sections of a file, as Darknet reads them (parser.c, read_cfg): blanks count nowhere, a line that begins with # or ; is a comment, and of options of
 * one name the first holds. Throws `bad-darknet` for a line that is neither, or stands before the first section.
 */
export function readSections(text: string, source: string): readonly Section[] {
  const sections: (Section & { readonly options: Map<string, Option> })[] = [];
  let start = 0;
  for (const written of text.split("\n")) {
    const place: Place = { kind: "text", source, text, start, end: start + written.trimEnd().length };
    start += written.length + 1;
    const line = written.replace(/[\s\uFEFF]/g, "");
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    if (line.startsWith("[")) {
      const [, type] = /^\[([^\]]+)\]/.exec(line) ?? fail("bad-darknet", "this section has no name", { place, expected: "as in [convolutional]" });
      sections.push({ type: type ?? "", place, options: new Map() });
      continue;
    }
    const at = line.indexOf("=");
    if (at < 1) fail("bad-darknet", "this line is neither a section nor an option", { place, expected: "[section] or name=value" });
    const section = sections.at(-1) ?? fail("bad-darknet", "this option stands before the first section", { place, expected: "[net] first" });
    const key = line.slice(0, at);
    if (!section.options.has(key)) section.options.set(key, { value: line.slice(at + 1), place });
  }
  return sections;
}

const MAX = 2 ** 31 - 1;

/** The whole number that a text begins with, as C's atoi has it. Throws `bad-darknet` where there is none, or a larger one than an int holds. */
function wholeNumber(key: string, { value, place }: Option, text = value): number {
  const number = Number.parseInt(text, 10);
  if (Math.abs(number) <= MAX) return number;
  return fail("bad-darknet", `${key} is ${value}`, { place, expected: "a whole number" });
}

/** An option that is a whole number, or its default. */
export function int({ options }: Section, key: string, otherwise: number): number {
  const option = options.get(key);
  return option === undefined ? otherwise : wholeNumber(key, option);
}

/** A whole number that something is divided by or has as its size. Throws `bad-darknet` for one below 1. */
export function size(section: Section, key: string, otherwise: number): number {
  const value = int(section, key, otherwise);
  if (value >= 1) return value;
  return fail("bad-darknet", `${key} is ${value}`, { place: section.options.get(key)?.place ?? section.place, expected: "1 or more" });
}

/** An option that lists layers (`layers=-1,36`), each by its number, or by how far before this one it stands. Throws `bad-darknet`. */
export function layersIn(section: Section, key: string, index: number): readonly number[] {
  const { place } = section;
  const option =
    section.options.get(key) ?? fail("bad-darknet", `[${section.type}] does not say which layers it reads`, { place, expected: `${key}=` });
  return option.value.split(",").flatMap((text, at) => {
    if (text === "" && at > 0) return [];
    const number = wholeNumber(key, option, text);
    const from = number < 0 ? index + number : number;
    if (from >= 0 && from < index) return [from];
    const expected = index === 0 ? "a layer before this one, and this is the first" : `a layer before this one, which is ${index}`;
    return fail("bad-darknet", `${key} names the layer ${number}`, { place: option.place, expected });
  });
}
