import { fail } from "../graph/diagnostic.js";
import type { Layer, Primitive, Stored } from "../graph/layer.js";
import { elements, exactSize, formatShape, mergedSize, type Shape } from "../graph/shape.js";
import type { Args } from "./args.js";
import type { CallEntry } from "./entry.js";
import { ADAPTED, adapted, type Kernel } from "./keras/kernel.js";
import { KERAS_LAYER } from "./keras-common.js";
import { firstInput, inference } from "./primitive.js";
import { withActivation } from "./with-activation.js";

/** The axes of an equation by letters, where the ellipsis stands, if there is one. */
interface Equation {
  readonly input: string;
  readonly kernel: string;
  readonly output: string;
  readonly ellipsis: "left" | "right" | "none";
}

export interface EinsumDenseOptions {
  readonly equation: Equation;
  /** Sizes of the output without its batch; null where the input has them. */
  readonly outputShape: readonly (number | null)[];
  readonly biasAxes?: string | undefined;
}

/**
 * A product with a learned tensor, as an equation says (keras/src/layers/core/einsum_dense.py). Sizes of the kernel are those of the output,
 * else of the input. MACs are the product of all sizes. Throws `wrong-rank`, `shape-mismatch`.
 */
export function einsumDense(options: EinsumDenseOptions): Primitive {
  return {
    type: "primitive",
    op: "einsum",
    axes: "plain",
    makes: "any",
    infer(inputs) {
      const { input, output, elided, sizes } = resolved(options, firstInput(inputs));
      const of = (letters: string): Shape => Array.from(letters).map((letter) => sizes.get(letter) ?? 1);
      const bias = options.biasAxes === undefined ? [] : [{ name: "bias", role: "parameter", shape: of(options.biasAxes) } satisfies Stored];
      const { kernel } = options.equation;
      const { equation } = options;
      const letters = new Set(`${equation.input}${kernel}${equation.output}`);
      const contracted =
        Array.from(kernel).some((letter) => !equation.output.includes(letter)) ||
        Array.from(equation.input).some((letter) => !equation.output.includes(letter));
      const count = elements(elided) * elements(of([...letters].join("")));
      return inference([{ shape: output }], {
        stored: [{ name: "kernel", role: "parameter", shape: of(kernel) }, ...bias],
        macs: contracted ? count : 0n,
        operations: {
          ...(contracted ? {} : { elementwise: count }),
          ...(bias.length > 0 ? { bias: elements(output) } : {}),
        },
        attributes: { equation: written(options.equation), inputShape: input },
        mixes: { channels: true, space: false },
      });
    },
  };
}

function written({ input, kernel, output, ellipsis }: Equation): string {
  const open = (letters: string) => (ellipsis === "none" ? letters : ellipsis === "left" ? `...${letters}` : `${letters}...`);
  return `${open(input)},${kernel}->${open(output)}`;
}

function resolved({ equation, outputShape }: EinsumDenseOptions, shape: Shape) {
  const { input, kernel, output, ellipsis } = equation;
  const open = shape.length - input.length;
  if (open < 0 || (ellipsis === "none" && open > 0)) {
    fail("wrong-rank", `einsum ${written(equation)} cannot read an input of ${shape.length} dimensions (${formatShape(shape)})`, {
      expected: `${input.length} dimensions${ellipsis === "none" ? "" : " or more"}`,
    });
  }
  const [own, elided] = ellipsis === "left" ? [shape.slice(open), shape.slice(0, open)] : [shape.slice(0, input.length), shape.slice(input.length)];
  const sizes = new Map(Array.from(input).map((letter, axis): [string, number] => [letter, own[axis] ?? 1]));
  // Keras puts the batch first, and what the ellipsis on the left stands for before the sizes that are said, however many those are.
  const said: readonly (number | null)[] = [shape[0] ?? null, ...(ellipsis === "left" ? elided.slice(1) : []), ...outputShape];
  const start = ellipsis === "left" ? open : 0;
  Array.from(output).forEach((letter, axis) => {
    const [known, wanted] = [sizes.get(letter), said[start + axis]];
    if (known === undefined && typeof wanted === "number") sizes.set(letter, wanted);
    else if (known !== undefined && typeof wanted === "number" && wanted !== known)
      fail("shape-mismatch", `einsum ${written(equation)}: axis ${letter} is ${known} in the input, and ${wanted} in output_shape`);
  });
  const unknown = Array.from(`${kernel}${output}`).find((letter) => !sizes.has(letter));
  if (unknown !== undefined)
    fail("bad-argument", `einsum ${written(equation)} does not say how large its axis ${unknown} is`, { expected: "its size in output_shape" });
  const made = Array.from(output).map((letter) => exactSize(sizes.get(letter) ?? 1));
  return { input: shape, elided, sizes, output: ellipsis === "left" ? [...elided, ...made] : [...made, ...elided] };
}

const FORMS: readonly (readonly [Equation["ellipsis"], RegExp])[] = [
  ["none", /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/],
  ["left", /^\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)$/],
  ["right", /^([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.$/],
];

function equationOf(args: Args): Equation {
  const text = args.text("equation").replaceAll(" ", "");
  for (const [ellipsis, form] of FORMS) {
    const [, input, kernel, output] = form.exec(text) ?? [];
    if (input !== undefined && kernel !== undefined && output !== undefined) return { input, kernel, output, ellipsis };
  }
  return args.fail(
    "equation",
    `the equation of ${args.callee} is '${args.text("equation")}'`,
    "[X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...",
  );
}

/** The axes that are summed over, and those that are made. */
function kernelOf({ kernel, output }: Equation, { shape }: Stored): Kernel {
  const made = (axis: number) => output.includes(kernel.charAt(axis));
  return {
    rows: mergedSize(shape.filter((_, axis) => !made(axis))),
    columns: mergedSize(shape.filter((_, axis) => made(axis))),
    packed: "columns",
    last: shape.at(-1) ?? 1,
    before: mergedSize(shape.slice(0, -1)),
  };
}

function build(args: Args): Layer {
  const equation = equationOf(args);
  const layer = einsumDense({
    equation,
    outputShape: args.items("output_shape").map((item) => (item.kind === "none" ? null : args.integerOf(item, "output_shape", 1))),
    biasAxes: args.isNone("bias_axes") ? undefined : args.text("bias_axes"),
  });
  return withActivation(
    args,
    adapted(args, layer, (tensor) => (tensor.name === "kernel" ? kernelOf(equation, tensor) : undefined)),
    "einsum",
  );
}

// https://keras.io/api/layers/core_layers/einsum_dense/
export const kerasEinsum: readonly CallEntry[] = [
  {
    names: ["EinsumDense"],
    signature: `equation, output_shape, activation=None, bias_axes=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None, bias_constraint=None, ${ADAPTED}, gptq_unpacked_column_size=None, ${KERAS_LAYER}`,
    build,
  },
];
