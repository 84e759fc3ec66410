import { fail, type Place } from "../../graph/diagnostic.js";
import { listItems, settingValue } from "./settings.js";
import type { Value } from "./scope.js";

const FLAG: Place = { kind: "flag", flag: "--set" };
const NUMBER = String.raw`([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)`;
const RANGE = new RegExp(`^\\s*${NUMBER}\\.\\.${NUMBER}(?::${NUMBER})?\\s*$`);

/** Values that are computed when they are asked for. */
export interface Values {
  readonly length: number;
  readonly at: (index: number) => Value;
}

/**
 * The values of `--set name=...` in a sweep: a list (`0.25,0.5,1`), a range with its end (`128..224:32`, step 1 unless said), or both mixed.
 * Throws `bad-range`, `bad-value`.
 */
export function parseValues(text: string): Values {
  const parts = listItems(text).map(partOf);
  if (parts.length === 0)
    return fail("bad-value", "there is no value to set", { place: FLAG, expected: "NAME=VALUE,VALUE,... or NAME=START..END:STEP" });
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    length,
    at: (index) => {
      let rest = index;
      for (const part of parts) {
        if (rest < part.length) return part.at(rest);
        rest -= part.length;
      }
      throw new Error("an index past the values of an axis");
    },
  };
}

function partOf(text: string): Values {
  const range = RANGE.exec(text);
  if (range === null) {
    if (text.trim() === "") fail("bad-value", "a value is missing between two commas", { place: FLAG });
    const value = settingValue(text);
    return { length: 1, at: () => value };
  }
  const [start, end] = [Number(range[1]), Number(range[2])];
  const step = range[3] === undefined ? Math.sign(end - start) || 1 : Number(range[3]);
  if (step === 0 || (end - start) / step < 0) {
    fail("bad-range", `${text.trim()} never arrives`, { place: FLAG, expected: "START..END:STEP, a step that leads from the start to the end" });
  }
  if (range[3] === undefined && !Number.isInteger(end - start)) {
    fail("bad-range", `${text.trim()} has no step, and steps of 1 do not arrive at its end`, { place: FLAG, expected: "START..END:STEP" });
  }
  // A step of 0.1 is not exact: a hair's breadth short of the end still arrives there.
  const length = Math.floor((end - start) / step + 1e-9) + 1;
  return { length, at: (index) => Number((start + index * step).toPrecision(12)) };
}
