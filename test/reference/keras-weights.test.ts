import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { isObject } from "../../src/read/keras/json.js";
import { readKerasHdf5 } from "../../src/read/keras/read.js";
import { source } from "../read/onnx-model.js";
import { hasReference, readReference } from "./reference.js";

const CASES = "keras3/cases.json";
const content = (file: string) => new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../shared/reference/keras3/${file}`, import.meta.url))));

/** Files whose weights are those of another model. */
const OF_ANOTHER_MODEL: Readonly<Record<string, string>> = {
  "L002.keras": "LoRA's two matrices are multiplied and added to the kernel when it is saved",
};

interface Counted {
  readonly file: string;
  readonly params: number;
  readonly buffers: number;
}

function casesOf(ending: string): readonly Counted[] {
  const read = hasReference(CASES) ? readReference(CASES) : [];
  return (Array.isArray(read) ? read : []).flatMap((each: unknown) => {
    if (!isObject(each) || typeof each["file"] !== "string" || !each["file"].endsWith(ending) || !isObject(each["expect"])) return [];
    const { params, buffers } = each["expect"];
    if (typeof params !== "number" || typeof buffers !== "number" || params + buffers === 0 || each["file"] in OF_ANOTHER_MODEL) return [];
    return [{ file: each["file"], params, buffers }];
  });
}

/** A file saved by model.save() as if it had no architecture: what is left is what save_weights() writes. */
function withoutArchitecture(bytes: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode("model_config");
  const at = bytes.findIndex((_, index) => name.every((byte, offset) => bytes[index + offset] === byte));
  const renamed = Uint8Array.from(bytes);
  renamed[at] = "M".charCodeAt(0);
  return renamed;
}

const totals = (bytes: Uint8Array) => {
  const { totals: all, partial } = analyze(readKerasHdf5(source(bytes)));
  return { params: all.params, buffers: all.buffers, partial };
};

describe.skipIf(!hasReference(CASES))("../shared/reference/keras3: files of weights alone", () => {
  it.each(casesOf(".h5"))("$file, as Keras 2 lays it out", ({ file, params, buffers }) => {
    const read = totals(withoutArchitecture(content(file)));
    expect(read).toEqual({ params: BigInt(params), buffers: BigInt(buffers), partial: true });
  });

  it.each(casesOf(".keras"))("$file: the weights in it, as Keras 3 lays them out", ({ file, params, buffers }) => {
    const weights = unzipSync(content(file), { filter: ({ name }) => name === "model.weights.h5" })["model.weights.h5"];
    expect(weights).toBeDefined();
    expect(totals(weights ?? new Uint8Array())).toEqual({ params: BigInt(params), buffers: BigInt(buffers), partial: true });
  });

  it("a file that is cut off or damaged ends in a complaint", () => {
    const [first] = casesOf(".h5");
    const whole = withoutArchitecture(content(first?.file ?? ""));
    for (let step = 1; step < 200; step++) {
      const bytes = whole.slice(0, step % 2 === 0 ? whole.length : Math.floor((whole.length * step) / 200));
      const at = (37 * step) % Math.max(1, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (step % 8));
      try {
        totals(bytes);
      } catch (error) {
        expect(error).toHaveProperty("diagnostic");
      }
    }
  });
});
