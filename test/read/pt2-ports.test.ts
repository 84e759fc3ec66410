import { strToU8 } from "fflate";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { readPt2 } from "../../src/read/pt2/read.js";
import { source } from "./onnx-model.js";
import { arg, archive, BATCH, ints, meta, node, tensor, type Program } from "./pt2-model.js";

type Shape = readonly number[];
interface Call {
  readonly target: string;
  /** Inputs that the user gives, by the argument. */
  readonly reads: Readonly<Record<string, Shape>>;
  /** Stored tensors, by the argument. */
  readonly stored: Readonly<Record<string, Shape>>;
  readonly numbers?: Readonly<Record<string, object>>;
  readonly makes: Shape;
}

const int = (value: number) => ({ as_int: value });
const norm = { weight: [4], bias: [4], running_mean: [4], running_var: [4] };
const image = [2, 4, 6, 6];

/** One call of each operator with weights, as PyTorch's documentation gives their sizes. */
const CALLS: readonly Call[] = [
  { target: "conv2d.default", reads: { input: image }, stored: { weight: [8, 4, 3, 3], bias: [8] }, makes: [2, 8, 4, 4] },
  {
    target: "conv_transpose2d.input",
    reads: { input: image },
    stored: { weight: [4, 3, 3, 3], bias: [6] },
    numbers: { groups: int(2) },
    makes: [2, 6, 8, 8],
  },
  { target: "batch_norm.default", reads: { input: image }, stored: norm, makes: image },
  { target: "instance_norm.default", reads: { input: image }, stored: norm, makes: image },
  { target: "group_norm.default", reads: { input: image }, stored: { weight: [4], bias: [4] }, numbers: { num_groups: int(2) }, makes: image },
  {
    target: "layer_norm.default",
    reads: { input: [2, 3, 5] },
    stored: { weight: [3, 5], bias: [3, 5] },
    numbers: { normalized_shape: ints(3, 5) },
    makes: [2, 3, 5],
  },
  { target: "rms_norm.default", reads: { input: [2, 3, 5] }, stored: { weight: [5] }, numbers: { normalized_shape: ints(5) }, makes: [2, 3, 5] },
  { target: "linear.default", reads: { input: [2, 5] }, stored: { weight: [7, 5], bias: [7] }, makes: [2, 7] },
  { target: "addmm.default", reads: { mat1: [2, 5] }, stored: { mat2: [5, 7], self: [7] }, makes: [2, 7] },
  { target: "matmul.default", reads: { self: [2, 3, 5] }, stored: { other: [5, 7] }, makes: [2, 3, 7] },
  { target: "bilinear.default", reads: { input1: [2, 5], input2: [2, 3] }, stored: { weight: [7, 5, 3], bias: [7] }, makes: [2, 7] },
  { target: "prelu.default", reads: { self: image }, stored: { weight: [4] }, makes: image },
  { target: "add.Tensor", reads: { self: [2, 3, 5] }, stored: { other: [3, 1] }, makes: [2, 3, 5] },
  {
    target: "lstm_cell.default",
    reads: { input: [2, 3], hx: [2, 5] },
    stored: { w_ih: [20, 3], w_hh: [20, 5], b_ih: [20], b_hh: [20] },
    makes: [2, 5],
  },
  {
    target: "gru_cell.default",
    reads: { input: [2, 3], hx: [2, 5] },
    stored: { w_ih: [15, 3], w_hh: [15, 5], b_ih: [15], b_hh: [15] },
    makes: [2, 5],
  },
  {
    target: "scaled_dot_product_attention.default",
    reads: { query: [2, 4, 3, 8] },
    stored: { key: [2, 4, 7, 8], value: [2, 4, 7, 6], attn_mask: [3, 7] },
    makes: [2, 4, 3, 6],
  },
];

const program = ({ target, reads, stored, numbers = {}, makes }: Call): Program => ({
  parameters: Object.keys(stored),
  inputs: Object.keys(reads),
  values: Object.fromEntries([...Object.entries({ ...reads, ...stored }), ["y", makes] as const].map(([name, shape]) => [name, meta(shape)])),
  nodes: [
    node(
      target,
      [
        ...Object.keys({ ...reads, ...stored }).map((name) => arg(name, tensor(name))),
        ...Object.entries(numbers).map(([name, value]) => arg(name, value)),
      ],
      "y",
    ),
  ],
  output: "y",
});

const counted = (call: Call) => analyze(readPt2(source(archive(program(call))))).totals;

const resized = (shape: Shape, at: number, size: number): Shape => shape.map((own, axis) => (axis === at ? size : own));

/** Another size in each axis, twice and 1 less, and a dimension more. */
const others = (shape: Shape): readonly Shape[] => [
  ...shape.flatMap((size, axis) => [resized(shape, axis, 2 * size + 1), resized(shape, axis, size - 1)]),
  [...shape, 2],
];

/** Batches of one broadcast. */
const BROADCAST = new Set(["key 1x4x7x8", "value 1x4x7x6"]);

describe("a program whose tensors contradict its operators is refused", () => {
  it.each(CALLS.map((call) => [call.target, call] as const))("%s counts with the sizes that it reads", (_, call) => {
    expect(counted(call).params).toBe(Object.values(call.stored).reduce((sum, shape) => sum + BigInt(shape.reduce((a, b) => a * b, 1)), 0n));
  });

  const cases = CALLS.flatMap((call) =>
    Object.entries(call.stored).flatMap(([port, shape]) =>
      others(shape).map((other) => [call.target, port, other.join("x"), { ...call, stored: { ...call.stored, [port]: other } }] as const),
    ),
  );
  it.each(cases.filter(([, port, shape]) => !BROADCAST.has(`${port} ${shape}`)))("%s with a %s of %s", (_, __, ___, call) => {
    expect(() => counted(call)).toThrow(InputError);
  });

  it.each<[string, Partial<Program>, RegExp]>([
    ["a negative hint", { values: { x: meta([{ as_expr: { expr_str: "s0", hint: { as_int: -2 } } }]) } }, /no tensor has a size of -2/],
    [
      "a hint that is no whole number",
      { values: { x: meta([{ as_expr: { expr_str: "s0", hint: { as_int: 1.5 } } }]) } },
      /no tensor has a size of 1.5/,
    ],
    [
      "an example outside of its range",
      { ranges: { s0: { min_val: 4, max_val: 9 } } },
      /s0 is 2 in this model's example, which is outside of its range/,
    ],
    ["a range that holds no number", { ranges: { s0: { min_val: 2, max_val: 1 } } }, /s0 is 2 in this model's example/],
  ])("%s", (_, changed, message) => {
    const open: Program = {
      parameters: [],
      values: { x: meta([BATCH]), y: meta([BATCH]) },
      nodes: [node("relu.default", [arg("self", tensor("x"))], "y")],
      output: "y",
    };
    expect(() => readPt2(source(archive({ ...open, ...changed, values: { ...open.values, ...changed.values } })))).toThrow(message);
  });

  it.each<[string, string, readonly [Shape, Shape], Shape]>([
    [
      "a letter of two sizes",
      "ij,jk->ik",
      [
        [2, 3],
        [4, 5],
      ],
      [2, 5],
    ],
    [
      "a term for each dimension",
      "ij,jk->ik",
      [
        [2, 3, 1],
        [3, 5],
      ],
      [2, 5],
    ],
    [
      "a term too many",
      "ij,jk,kl->il",
      [
        [2, 3],
        [3, 5],
      ],
      [2, 5],
    ],
  ])("einsum with %s", (_, equation, [left, right], makes) => {
    const einsum: Program = {
      parameters: [],
      inputs: ["a", "b"],
      values: { a: meta(left), b: meta(right), y: meta(makes) },
      nodes: [
        node("einsum.default", [arg("equation", { as_string: equation }), arg("tensors", { as_tensors: [{ name: "a" }, { name: "b" }] })], "y"),
      ],
      output: "y",
    };
    expect(() => readPt2(source(archive(einsum)))).toThrow(/does not fit operands|is 3 and 4/);
  });

  it("a weight whose bytes are of another shape than the program says", () => {
    const tensor_meta = { sizes: [{ as_int: 5 }, { as_int: 7 }], storage_offset: { as_int: 0 } };
    const files = { "net/data/weights/m_weights_config.json": strToU8(JSON.stringify({ config: { weight: { path_name: "w0", tensor_meta } } })) };
    const call = CALLS.find(({ target }) => target === "linear.default");
    expect(() => call && readPt2(source(archive({ ...program(call), files })))).toThrow(
      "the parameter weight is stored as 5x7, and the program says 7x5",
    );
  });

  it.each(CALLS.map((call) => [call.target, call] as const))("%s with an output of other elements", (_, call) => {
    for (const makes of [resized(call.makes, 0, 1), resized(call.makes, call.makes.length - 1, 1000)])
      expect(() => counted({ ...call, makes })).toThrow(/makes \d+ elements of its inputs, and the file says|is \d|normali/);
  });
});
