import { fail } from "../../graph/diagnostic.js";
import type { Layer } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import type { Args } from "../args.js";
import { firstInput, inference, NOTHING, requireRank } from "../primitive.js";
import { withIndices } from "./window-pool.js";

/** Max pooling over windows at pseudo-random places (arXiv 1412.6071; PyTorch, nn.FractionalMaxPool2d): K - 1 comparisons an output. */
export function fractionalPool(args: Args, rank: number): Layer {
  const kernelSize = args.perAxis("kernel_size", rank, 1);
  const sized = !args.isNone("output_size");
  if (sized === !args.isNone("output_ratio")) {
    args.fail(sized ? "output_ratio" : "output_size", `${args.callee} takes either output_size or output_ratio`, "one of the two");
  }
  const returnIndices = args.flag("return_indices");
  const fixed = sized ? args.perAxis("output_size", rank, 1) : undefined;
  const ratios = fixed === undefined ? ratiosOf(args, rank) : [];
  const op = `fractional_max_pool${rank}d`;
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: "nchw",
    ranks: [rank + 2],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(op, input, [rank + 2], "N, C, then space");
      const size = fixed ?? input.slice(2).map((length, axis) => Math.floor(length * (ratios[axis] ?? 1)));
      // torch/_C: output_size + kernel_size - 1 <= input_size
      const wrong = size.some((length, axis) => length < 1 || length + (kernelSize[axis] ?? 1) - 1 > (input[axis + 2] ?? 0));
      if (wrong)
        fail("window-too-large", `${op} cannot make ${size.join("x")} of its input`, { expected: "output + kernel - 1 of at most the input" });
      const output = [...input.slice(0, 2), ...size];
      const taps = elements(kernelSize);
      return inference(withIndices(output, returnIndices), {
        operations: { pooling: elements(output) * (taps - 1n) },
        attributes: { kernelSize, outputSize: size },
        mixes: { channels: false, space: true },
      });
    },
  };
}

function ratiosOf(args: Args, rank: number): readonly number[] {
  const items = args.items("output_ratio");
  return Array.from({ length: rank }, (_, axis) => {
    const item = items.length === 1 ? items[0] : items[axis];
    if (item?.kind === "number" && item.value > 0 && item.value < 1) return item.value;
    return args.fail("output_ratio", `output_ratio of ${args.callee} is not between 0 and 1`, "a number between 0 and 1");
  });
}

/** The undoing of max pooling: values go where the indices say, no arithmetic. (in-1)*stride - 2*padding + kernel: PyTorch, nn.MaxUnpool2d. */
export function maxUnpool(args: Args, rank: number): Layer {
  const kernelSize = args.perAxis("kernel_size", rank, 1);
  const stride = args.isNone("stride") ? kernelSize : args.perAxis("stride", rank, 1);
  const padding = args.perAxis("padding", rank, 0);
  const op = `max_unpool${rank}d`;
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: "nchw",
    ranks: [rank + 2],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(op, input, [rank + 2], "N, C, then space");
      const size = input.slice(2).map((length, axis) => (length - 1) * (stride[axis] ?? 1) - 2 * (padding[axis] ?? 0) + (kernelSize[axis] ?? 1));
      if (size.some((length) => length < 1)) fail("empty-output", `the output of ${op} would be ${size.join("x")}`, { expected: "less padding" });
      return inference([{ shape: [...input.slice(0, 2), ...size] }], { attributes: { kernelSize, stride, padding } });
    },
  };
}
