import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { TARGETS } from "../fuzz/targets.js";
import { caseOf, tryCase } from "../fuzz/try.js";
import { MODEL_FORMATS, READABLE, TEXT_FORMATS } from "../src/read/formats.js";

describe("the fuzzing (npm run fuzz)", () => {
  it("tries every reader", () => {
    const known = [...MODEL_FORMATS, ...TEXT_FORMATS].map(({ name }) => name);
    const titles = READABLE.map(({ title }) => title).filter(
      (title) => ![...MODEL_FORMATS, ...TEXT_FORMATS].some((format) => format.title === title),
    );
    // --list-formats calls these readers of texts by other titles.
    const byOtherTitles = ["Keras and TensorFlow.js layers models as JSON", "an index of safetensors files"];
    const others = titles.filter((title) => !byOtherTitles.includes(title));
    expect(TARGETS.flatMap(({ covers }) => covers).sort()).toEqual([...known, ...others].sort());
  });

  it.each(TARGETS)("makes the same case of a seed and a number: $name", (target) => {
    expect(caseOf(target, 5, 3)).toEqual(caseOf(target, 5, 3));
    const others = [4, 5, 6, 7].map((index) => inspect(caseOf(target, 5, index)));
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  it.each(TARGETS)("its first cases end in a result or a complaint: $name", async (target) => {
    for (let index = 1; index < 30 / (target.share ?? 1); index++) {
      const { ended } = await tryCase(caseOf(target, 1, index), index, () => undefined);
      expect(["read", "refused"]).toContain(ended);
    }
  });
});
