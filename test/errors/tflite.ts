import { BUILTIN } from "../../src/read/tflite/schema.js";
import { int32s, model, type Operator, type Tensor } from "../read/tflite-model.js";
import { ofFiles } from "./case.js";

/** Options, and its inputs where they stand in another order. */
type Parts = Partial<Pick<Operator, "options" | "newer" | "inputs">>;

function isList(each: Partial<Tensor> | readonly number[]): each is readonly number[] {
  return Array.isArray(each);
}

/** One operator that reads `x` and tensors or lists beside it, and makes `y` and others like it. */
function one(
  op: string,
  x: readonly number[],
  beside: readonly (Partial<Tensor> | readonly number[])[],
  parts: Parts = {},
  makes = [[1]],
): Uint8Array {
  const lists: Uint8Array[] = [];
  const tensors = beside.map((each, at): Tensor => {
    const name = `w${at}`;
    if (!isList(each)) return { name, shape: [1], ...each };
    lists.push(int32s(...each));
    return { name, shape: [each.length], type: 2, buffer: lists.length };
  });
  const all = [{ name: "x", shape: x }, ...tensors, ...makes.map((shape, at) => ({ name: `y${at}`, shape }))];
  const outputs = makes.map((_, at) => 1 + tensors.length + at);
  const operators = [{ code: 0, inputs: [0, ...tensors.map((_, at) => at + 1)], outputs, ...parts }];
  return model([BUILTIN.indexOf(op)], [{ tensors: all, inputs: [0], outputs, operators }], lists);
}

const CONVOLVED = { 6: { long: 3 }, 8: { long: 2 }, 9: { long: 3 }, 10: [0, 1], 12: { long: 3 } };

/** Models of TensorFlow Lite that contradict themselves. */
export const CONTRADICTIONS = ofFiles("m.tflite", [
  ["bad-tflite", one("ADD", [2], [{}], { options: { 0: { byte: 77 } } }), "an operator of this model has the activation 77\nexpected: 0 to 5"],
  ["bad-tflite", one("ADD", [2], [{ buffer: 9 }]), "the tensor w0 is stored in the buffer 9, which is not there"],
  ["bad-tflite", one("ADD", [2], [{ shape: [-5] }]), "the tensor w0 has the shape -5"],
  ["bad-tflite", one("ADD", [2], [{ type: 99 }]), "the tensor w0 has the type 99"],
  ["bad-tflite", one("ADD", [2], [{ shape: [4, 2], scales: [3, 3] }]), "the tensor w0 has 3 scales for 4x2"],
  ["bad-tflite", one("ADD", [2], [{ shape: [4, 2], scales: [4, 2] }]), "the tensor w0 has 4 scales and 2 zero points"],
  ["bad-tflite", one("ADD", [2], [{ shape: [1], buffer: 1, sparse: true }, [1, 2]]), "the sparse tensor w0 of 1 stores 2 values"],
  ["bad-attribute", one("GATHER", [4, 6], [[0, 1]], { options: { 0: { int: 1 }, 1: { int: 1 } } }), "batch_dims of GATHER is 1, for 4x6 and 2"],
  [
    "wrong-rank",
    one(
      "SPACE_TO_BATCH_ND",
      [4, 6],
      [
        [2, 2],
        [0, 0, 0, 0],
      ],
    ),
    "SPACE_TO_BATCH_ND has 2 blocks for an input of 2 dimensions",
  ],
  ["bad-attribute", one("SPACE_TO_BATCH_ND", [4, 6], [[-2], [0, 0]]), "the block of SPACE_TO_BATCH_ND is -2\nexpected: 1 or more"],
  ["shape-mismatch", one("PACK", [2], [[1, 2, 3]]), "input 1 of PACK is 3"],
  ["shape-mismatch", one("UNPACK", [1, 2], [], {}, [[2], [2]]), "UNPACK makes 2 tensors of 1x2"],
  ["bad-attribute", one("SPLIT_V", [4], [[4], [0]], {}, [[2], [2]]), "SPLIT_V has 1 sizes for 2 outputs"],
  ["shape-mismatch", one("SLICE", [4], [[3], [2]]), "SLICE takes 2 from 3 on of 4"],
  [
    "wrong-rank",
    one(
      "STRIDED_SLICE",
      [4],
      [
        [0, 0],
        [1, 1],
        [1, 1],
      ],
    ),
    "STRIDED_SLICE slices more axes than the 1 of its input",
  ],
  [
    "channel-mismatch",
    one("STABLEHLO_CONVOLUTION", [1, 8, 8, 4], [{ shape: [3, 3, 3, 6], buffer: 0 }], { newer: CONVOLVED }, [[1, 6, 6, 6]]),
    "STABLEHLO_CONVOLUTION makes 1x6x6x6 of 1x8x8x4 with a kernel of 3x3x3x6",
  ],
  ["shape-mismatch", one("STABLEHLO_SLICE", [4], [], { newer: { 0: [1], 1: [9], 2: [1] } }), "STABLEHLO_SLICE takes 1 to 9 of 4"],
  ["bad-attribute", one("STABLEHLO_REDUCE_WINDOW", [4], [], { newer: { 0: [0] } }), "window of STABLEHLO_REDUCE_WINDOW is 0\nexpected: 1 or more"],
  ["bad-attribute", one("STABLEHLO_PAD", [4], [], { newer: { 0: [0], 1: [0], 2: [-3] } }), "interior of STABLEHLO_PAD is -3"],
  ["shape-mismatch", one("STABLEHLO_RESHAPE", [4], []), "STABLEHLO_RESHAPE cannot make 1 of 4"],
  [
    "shape-mismatch",
    one("STABLEHLO_DOT_GENERAL", [4, 6], [{ shape: [5, 3] }], { newer: { 2: [1], 3: [0] } }),
    "STABLEHLO_DOT_GENERAL cannot multiply 4x6 by 5x3",
  ],
  ["bad-axis", one("STABLEHLO_REDUCE", [4, 6], [[0]], { newer: { 0: [7] } }), "STABLEHLO_REDUCE works on axis 7"],
  ["bad-attribute", one("SPLIT", [3], [[0]], { inputs: [1, 0], options: { 0: { int: 2 } } }, [[1], [1]]), "SPLIT makes 2 parts of 3"],
]);
