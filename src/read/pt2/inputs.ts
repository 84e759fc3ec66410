import { fail } from "../../graph/diagnostic.js";
import type { GraphInput } from "../../graph/graph.js";
import { writtenInputs } from "../../graph/written-input.js";
import type { ReadOnnxOptions } from "../onnx/read.js";
import type { Program, Size } from "./program.js";
import { sizeText, type Sizes } from "./sizes.js";

interface Written {
  readonly name: string;
  readonly sizes: readonly Size[];
}

/** Puts what the user says of the inputs into the program's sizes. Throws `unknown-input`, `wrong-rank`, `unknown-dimension`, `input-mismatch`, `out-of-range`. */
export function settleSizes({ graph, inputs }: Program, sizes: Sizes, options: ReadOnnxOptions): readonly string[] {
  for (const [name, value] of Object.entries(options.dims ?? {})) sizes.set(name, value);
  const written = inputs.map((name): Written => ({ name, sizes: graph.tensors.get(name)?.sizes ?? [] }));
  for (const [name, shape] of writtenInputs(inputs, options.input)) {
    const own = written.find((input) => input.name === name)?.sizes ?? [];
    // A batch may be left out.
    const lacking = shape.length + 1 === own.length;
    if (!lacking && shape.length !== own.length) {
      fail("wrong-rank", `input ${name} has ${own.length} dimensions, and ${shape.length} are given`, {
        place: { kind: "flag", flag: "--input" },
        expected: `as in the file: ${own.map((size) => (typeof size === "number" ? size : sizeText(size.text))).join("x")}`,
      });
    }
    shape.forEach((value, axis) => {
      const at = lacking ? axis + 1 : axis;
      sizes.make(own[at] ?? 0, value, `dimension ${at} of input ${name}`, "--input");
    });
  }
  if (options.batch !== undefined) setBatch(written, sizes, options.batch);
  return sizes.settle();
}

/**
 * Makes the first dimension of every input whose first is open the batch; where none is, it must be the batch already. A symbol that other dimensions have too (a mask of
 * length x length) is no batch.
 */
function setBatch(inputs: readonly Written[], sizes: Sizes, batch: number): void {
  const firsts = inputs.flatMap(({ name, sizes: [first] }) => (first === undefined ? [] : [{ name, first }]));
  const open = firsts.filter(({ first }) => typeof first !== "number");
  const others = new Set(inputs.flatMap(({ sizes: [, ...rest] }) => rest.flatMap((size) => (typeof size === "number" ? [] : [size.text]))));
  const batches = open.filter(({ first }) => typeof first !== "number" && !others.has(first.text));
  const set = batches.length > 0 ? batches : open.length > 0 ? open : firsts;
  for (const { name, first } of set) sizes.make(first, batch, `dimension 0 of input ${name}`, "--batch");
}

/** The inputs of the graph, their sizes settled; those whose sizes are not known are left out. */
export function graphInputs({ graph, inputs }: Program, sizes: Sizes): readonly GraphInput[] {
  return inputs.flatMap((name) => {
    const meta = graph.tensors.get(name);
    const shape = meta === undefined ? undefined : sizes.shape(meta.sizes);
    if (meta === undefined || shape === undefined) return [];
    return [{ name, axes: "plain" as const, type: { shape, dtype: meta.dtype === "float32" ? undefined : meta.dtype } }];
  });
}
