import { describe, expect, it } from "vitest";
import type { Argument } from "../../src/ops/aten/call.js";
import { atenRule, operatorName } from "../../src/ops/aten/table.js";
import { elements, type Shape } from "../../src/graph/shape.js";

type Given = Readonly<Record<string, Shape | readonly Shape[] | { readonly n: number | readonly number[] } | string>>;

const isShapes = (value: Shape | readonly Shape[]): value is readonly Shape[] => typeof value[0] === "object";
const isList = (value: Given[string]): value is Shape | readonly Shape[] => Array.isArray(value);

function argument(value: Given[string]): Argument {
  if (typeof value === "string") return { kind: "text", value };
  if (isList(value)) {
    const shapes = isShapes(value) ? value : [value];
    return { kind: "tensors", operands: shapes.map((shape) => ({ shape, stored: false })) };
  }
  const { n } = "n" in value ? value : { n: [] };
  return { kind: "numbers", values: typeof n === "number" ? [n] : n, isList: typeof n !== "number" };
}

/** What an operator costs: tensors as shapes, numbers as `{ n }`. */
function cost(name: string, given: Given, output: Shape) {
  const rule = atenRule("aten", operatorName(name));
  if (rule === undefined) throw new Error(`${name} is not known`);
  const args = new Map(Object.entries(given).map(([key, value]) => [key, argument(value)]));
  return rule({ op: operatorName(name), overload: "", args, outputs: [{ shape: output }] });
}

const CHAIN = [
  [2, 3],
  [3, 4],
  [4, 5],
  [5, 6],
];

const MACS: readonly (readonly [name: string, given: Given, output: Shape, macs: number])[] = [
  ["mm", { self: [3, 5], mat2: [5, 7] }, [3, 7], 3 * 5 * 7],
  ["bmm", { self: [2, 3, 5], mat2: [2, 5, 7] }, [2, 3, 7], 2 * 3 * 5 * 7],
  ["matmul", { self: [2, 1, 3, 5], other: [4, 5, 7] }, [2, 4, 3, 7], 8 * 3 * 5 * 7],
  ["matmul", { self: [5], other: [5] }, [], 5],
  ["matmul", { self: [2, 3, 5], other: [5] }, [2, 3], 2 * 3 * 5],
  ["addmm", { self: [7], mat1: [3, 5], mat2: [5, 7] }, [3, 7], 3 * 5 * 7],
  ["addmv_", { self: [3], mat: [3, 5], vec: [5] }, [3], 15],
  ["mv", { self: [3, 5], vec: [5] }, [3], 15],
  ["dot", { self: [9], tensor: [9] }, [], 9],
  ["baddbmm", { self: [2, 3, 7], batch1: [2, 3, 5], batch2: [2, 5, 7] }, [2, 3, 7], 2 * 3 * 5 * 7],
  ["addbmm", { self: [3, 7], batch1: [2, 3, 5], batch2: [2, 5, 7] }, [3, 7], 2 * 3 * 5 * 7],
  ["inner", { self: [2, 3, 5], other: [4, 5] }, [2, 3, 4], 2 * 3 * 4 * 5],
  ["linalg_vecdot", { x: [2, 5, 3], y: [2, 5, 3], dim: { n: 1 } }, [2, 3], 30],
  ["tensordot", { self: [2, 3, 4], other: [4, 3, 5], dims_self: { n: [1, 2] }, dims_other: { n: [1, 0] } }, [2, 5], 2 * 3 * 4 * 5],
  ["outer", { self: [3], vec2: [4] }, [3, 4], 0],
  // 10x30, 30x5, 5x60: (AB)C takes 4500, A(BC) 27000 (the example of CLRS's matrix chains and of Wikipedia).
  [
    "linalg_multi_dot",
    {
      tensors: [
        [10, 30],
        [30, 5],
        [5, 60],
      ],
    },
    [10, 60],
    4500,
  ],
  // a^13 by squaring: 1101, three squares and two products.
  ["matrix_power", { self: [4, 4], n: { n: 13 } }, [4, 4], 5 * 64],
  ["bilinear", { input1: [2, 3], input2: [2, 4], weight: [5, 3, 4] }, [2, 5], 2 * 5 * 3 * 5],
  [
    "einsum",
    {
      equation: "bhqd, bhkd -> bhqk",
      tensors: [
        [2, 3, 4, 5],
        [2, 3, 6, 5],
      ],
    },
    [2, 3, 4, 6],
    2 * 3 * 4 * 6 * 5,
  ],
  ["einsum", { equation: "i,j->ij", tensors: [[3], [4]] }, [3, 4], 0],
  [
    "einsum",
    {
      equation: "...ij,...jk",
      tensors: [
        [2, 3, 4],
        [2, 4, 5],
      ],
    },
    [2, 3, 5],
    2 * 3 * 4 * 5,
  ],
  // j stands in one operand alone: it is summed first, and what is left is a product of matrices without it.
  [
    "einsum",
    {
      equation: "ijk,kl->il",
      tensors: [
        [2, 3, 4],
        [4, 5],
      ],
    },
    [2, 5],
    2 * 4 * 5,
  ],
  // Chains of 2x3, 3x4, 4x5, 5x6, as PyTorch 1.13 joined them: from left to right, and by paths.
  ["einsum", { equation: "ab,bc,cd,de->ae", tensors: CHAIN }, [2, 6], 2 * 3 * 4 + 2 * 4 * 5 + 2 * 5 * 6],
  ["einsum", { equation: "ab,bc,cd,de->ae", tensors: CHAIN, path: { n: [0, 1, 0, 1, 0, 1] } }, [2, 6], 2 * 3 * 4 + 4 * 5 * 6 + 2 * 4 * 6],
  ["einsum", { equation: "ab,bc,cd,de->ae", tensors: CHAIN, path: { n: [0, 3, 0, 1, 0, 1] } }, [2, 6], 3 * 4 * 5 + 12 * 15],
  ["cov", { self: [3, 10] }, [3, 3], 90],
  ["conv1d", { input: [2, 4, 10], weight: [6, 2, 3], groups: { n: 2 }, stride: { n: [2] } }, [2, 6, 4], 2 * 6 * 4 * 2 * 3],
  [
    "convolution",
    { input: [1, 4, 8, 8], weight: [4, 1, 3, 3], groups: { n: 4 }, padding: { n: [1, 1] }, transposed: { n: 0 } },
    [1, 4, 8, 8],
    4 * 64 * 9,
  ],
  ["conv_transpose2d", { input: [1, 4, 5, 5], weight: [4, 3, 2, 2], stride: { n: [2, 2] } }, [1, 3, 10, 10], 4 * 25 * 3 * 4],
  ["conv2d", { input: [3, 8, 8], weight: [4, 3, 3, 3] }, [4, 6, 6], 4 * 36 * 27],
  ["conv_tbc", { self: [5, 2, 3], weight: [3, 3, 4], bias: [4], pad: { n: 1 } }, [5, 2, 4], 5 * 2 * 4 * 9],
  [
    "lstm_cell",
    {
      input: [3, 10],
      hx: [
        [3, 20],
        [3, 20],
      ],
      w_ih: [80, 10],
      w_hh: [80, 20],
    },
    [3, 20],
    3 * 80 * 30,
  ],
  ["gru_cell", { input: [10], hx: [20], w_ih: [60, 10], w_hh: [60, 20], b_ih: [60], b_hh: [60] }, [20], 60 * 30],
  ["scaled_dot_product_attention", { query: [2, 8, 5, 16], key: [2, 2, 7, 16], value: [2, 2, 7, 12] }, [2, 8, 5, 12], 2 * 8 * 5 * 7 * 28],
  ["_flash_attention_forward", { query: [2, 5, 8, 16], key: [2, 7, 8, 16], value: [2, 7, 8, 16] }, [2, 5, 8, 16], 2 * 8 * 5 * 7 * 32],
  ["_grouped_mm", { self: [6, 5], mat2: [3, 5, 7] }, [6, 7], 6 * 5 * 7],
];

describe("what ATen's operators cost", () => {
  it.each(MACS)("%s(%j) has the multiply-adds of its formula", (name, given, output, macs) => {
    expect(cost(name, given, output).macs ?? 0n).toBe(BigInt(macs));
  });

  // Sums and products in the words of each operator's documentation.
  it.each<[string, Given, Shape, Readonly<Record<string, number>>]>([
    ["relu_", { self: [2, 3] }, [2, 3], { activation: 6 }],
    ["add", { self: [2, 3], other: [3] }, [2, 3], { elementwise: 6 }],
    ["sum", { self: [4, 5] }, [4], { reduction: 20 }],
    ["max_pool2d", { self: [1, 2, 8, 8], kernel_size: { n: [2, 2] } }, [1, 2, 4, 4], { pooling: 32 * 3 }],
    ["avg_pool1d", { self: [1, 2, 8], kernel_size: { n: [4] } }, [1, 2, 2], { pooling: 4 * 4 }],
    ["adaptive_avg_pool2d", { self: [1, 2, 8, 8], output_size: { n: [1, 1] } }, [1, 2, 1, 1], { pooling: 128 }],
    ["upsample_nearest2d", { self: [1, 2, 4, 4] }, [1, 2, 8, 8], {}],
    ["upsample_bilinear2d", { self: [1, 2, 4, 4] }, [1, 2, 8, 8], { interpolation: 128 * 7 }],
    // Half the size with antialias: 4 taps an axis.
    ["_upsample_bilinear2d_aa", { self: [1, 1, 8, 8] }, [1, 1, 4, 4], { interpolation: 16 * 31 }],
    ["glu", { self: [2, 8], dim: { n: 1 } }, [2, 4], { activation: 8, elementwise: 8 }],
    ["softmax", { self: [2, 5], dim: { n: -1 } }, [2, 5], { softmax: 2 * 23 }],
    ["embedding_bag", { weight: [10, 4], indices: [6], offsets: [2] }, [2, 4], { reduction: 24 }],
    [
      "batch_norm",
      { input: [2, 3, 4], weight: [3], bias: [3], running_mean: [3], running_var: [3], training: { n: 0 } },
      [2, 3, 4],
      { normalization: 48 },
    ],
    ["layer_norm", { input: [2, 4], normalized_shape: { n: [4] }, weight: [4], bias: [4] }, [2, 4], { normalization: 8 * 7 }],
    ["permute", { self: [2, 3] }, [3, 2], {}],
    [
      "cat",
      {
        tensors: [
          [2, 3],
          [2, 3],
        ],
      },
      [4, 3],
      {},
    ],
  ])("%s(%j) has the operations of its definition", (name, given, output, operations) => {
    const found = cost(name, given, output);
    const known = Object.entries(found.operations ?? {}).filter(([, count]) => count !== 0n);
    expect(Object.fromEntries(known)).toEqual(Object.fromEntries(Object.entries(operations).map(([cause, count]) => [cause, BigInt(count)])));
    expect([found.macs ?? 0n, found.uncounted]).toEqual([0n, undefined]);
  });

  it("complex numbers take more", () => {
    const rule = atenRule("aten", "mul");
    const shape = [3];
    expect(rule?.({ op: "mul", overload: "Tensor", args: new Map(), outputs: [{ shape, dtype: "complex64" }] }).operations).toEqual({
      elementwise: 6n * elements(shape),
    });
  });

  it("what takes as long as the data says is not known", () => {
    expect(cost("linalg_svd", { A: [3, 3] }, [3, 3]).uncounted).toContain("not counted");
    expect(cost("matrix_power", { self: [3, 3], n: { n: -1 } }, [3, 3]).uncounted).toContain("inverting");
  });
});
