import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readTfjs } from "../../src/read/tfjs/read.js";
import { tfjsRule } from "../../src/read/tfjs/rules.js";
import { source } from "./onnx-model.js";
import { ints, model, node, placeholder, text, type Weight } from "./tfjs-model.js";

const count = ({ json, shard }: ReturnType<typeof model>) => analyze(readTfjs(json, { sibling: () => source(shard) }));
/** One node `y` that reads `x` and some weights. */
const one = (op: string, shape: readonly number[], weights: readonly Weight[], attr: object = {}, also: readonly object[] = []) =>
  count(model([placeholder(...shape), node(op, "y", ["x", ...weights.map(({ name }) => name)], attr), ...also], weights));
const shapesOf = ({ outputs }: ReturnType<typeof count>) => outputs.map(({ shape }) => shape);
const whole = (name: string, ...values: readonly number[]): Weight => ({ name, shape: [values.length], values });
const scalar = (name: string, value: number): Weight => ({ name, shape: [], values: [value] });

// tensorflow/tfjs, tfjs-converter/python/tensorflowjs/op_list, but for what trains forests (tfdf.json), Placeholder, Const and NoOp.
const OP_LIST = `
Add AddV2 AddN BiasAdd Sub RealDiv Div DivNoNan FloorDiv Mul Maximum Minimum Pow SquaredDifference Mod FloorMod Abs Acos Asin Atan Atan2 Ceil
ClipByValue Complex ComplexAbs Cos Cosh Elu Exp Floor Log Imag Neg Real Prelu Relu Relu6 Selu Sigmoid Sin Sinh Sqrt Rsqrt Square Tan Tanh Sign Round
Expm1 Log1p Reciprocal Softplus Asinh Acosh Atanh Erf LeakyRelu IsNan IsFinite IsInf EmptyTensorList LoopCond Switch Merge Enter Exit NextIteration
TensorArrayV3 TensorArrayWriteV3 TensorArrayReadV3 TensorArrayGatherV3 TensorArrayScatterV3 TensorArrayConcatV3 TensorArraySplitV3 TensorArraySizeV3
TensorArrayCloseV3 StatelessIf If StatelessWhile While TensorListScatter TensorListScatterV2 TensorListGather TensorListGetItem TensorListSetItem
TensorListReserve TensorListFromTensor TensorListStack TensorListSplit TensorListConcat TensorListConcatV2 TensorListPopBack TensorListPushBack
TensorListLength TensorListResize AvgPool MaxPool MaxPoolWithArgmax AvgPool3D MaxPool3D Conv1D Conv2D _FusedConv2D Conv2DBackpropInput DepthwiseConv2d
DepthwiseConv2dNative FusedDepthwiseConv2dNative Conv3D Dilation2D Fill LinSpace OneHot Ones OnesLike RandomStandardNormal RandomUniform RandomUniformInt
Range TruncatedNormal Zeros ZerosLike Multinomial NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 Where ListDiff LowerBound
TopKV2 UpperBound Unique UniqueV2 PlaceholderWithDefault Identity IdentityN Snapshot Rank Size Shape ShapeN Print StopGradient FakeQuantWithMinMaxVars
HashTable HashTableV2 LookupTableImport LookupTableImportV2 LookupTableFind LookupTableFindV2 LookupTableSize LookupTableSizeV2 InitializeTable
InitializeTableV2 ResizeBilinear ResizeNearestNeighbor CropAndResize ImageProjectiveTransformV3 Equal NotEqual Greater GreaterEqual Less LessEqual
LogicalAnd LogicalNot LogicalOr Select SelectV2 BitwiseAnd _FusedMatMul MatMul BatchMatMul BatchMatMulV2 Transpose Einsum MatrixBandPart EuclideanNorm
FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN Softmax LogSoftmax RaggedGather RaggedRange RaggedTensorToTensor Bincount DenseBincount Max Mean Min
Sum All Any ArgMax ArgMin Prod Cumprod Cumsum ConcatV2 Concat GatherV2 Gather Reverse ReverseV2 Slice StridedSlice Pack Unpack Tile Split SplitV ScatterNd
GatherNd SparseToDense TensorScatterUpdate SparseFillEmptyRows SparseReshape SparseSegmentMean SparseSegmentSum FFT IFFT RFFT IRFFT StaticRegexReplace
StringNGrams StringSplit StringToHashBucketFast Cast ExpandDims MirrorPad Pad PadV2 Reshape EnsureShape Squeeze SpaceToBatchND BatchToSpaceND DepthToSpace
BroadcastTo BroadcastArgs`
  .trim()
  .split(/\s+/);

describe("TensorFlow.js: operators of graph models", () => {
  it.each(OP_LIST)("%s has a rule", (op) => {
    expect(tfjsRule("tensorflow", op)).toBeTypeOf("function");
  });

  it.each([
    [
      "TopKV2",
      [1, 10],
      [scalar("k", 3)],
      {},
      [
        [1, 3],
        [1, 3],
      ],
    ],
    ["FusedBatchNormV3", [1, 4, 4, 2], ["g", "b", "m", "v"].map((name) => ({ name, shape: [2] })), {}, [[1, 4, 4, 2], [2]]],
    [
      "MaxPoolWithArgmax",
      [1, 4, 4, 2],
      [],
      { ksize: ints(1, 2, 2, 1), strides: ints(1, 2, 2, 1) },
      [
        [1, 2, 2, 2],
        [1, 2, 2, 2],
      ],
    ],
    [
      "LSTMBlockCell",
      [2, 3],
      [
        { name: "c", shape: [2, 4] },
        { name: "h", shape: [2, 4] },
        { name: "w", shape: [7, 16] },
        ...["wci", "wcf", "wco"].map((name) => ({ name, shape: [4] })),
        { name: "b", shape: [16] },
      ],
      {},
      [
        [2, 4],
        [2, 4],
      ],
    ],
  ])("%s: its first two outputs", (op, shape, weights, attr, expected) => {
    const graph = model(
      [placeholder(...shape), node(op, "y", ["x", ...weights.map(({ name }) => name)], attr), node("Identity", "z", ["y:1"])],
      weights,
      { signature: { outputs: { a: { name: "y:0" }, b: { name: "z:0" } } } },
    );
    const read = count(graph);
    expect([shapesOf(read), read.partial]).toEqual([expected, false]);
  });

  it.each([
    ["an operator that is not known", "Mystery"],
    ["one that has fewer outputs", "Relu"],
    ["one whose sizes depend on the data", "Unique"],
  ])("a third output of %s is not known, and nothing is refused", (_, op) => {
    const read = count(model([placeholder(1, 4), node(op, "t", ["x"]), node("Identity", "y", ["t:2"])], []));
    expect(read.outputs[0]?.shape ?? null).toBeNull();
  });

  it("IdentityN gives out each of its inputs", () => {
    const weights = [{ name: "w", shape: [3, 5] }];
    const read = count(model([placeholder(2, 3), node("IdentityN", "t", ["x", "w"]), node("MatMul", "y", ["t", "t:1"])], weights));
    expect([shapesOf(read), read.totals.macs, read.totals.params]).toEqual([[[2, 5]], 30n, 15n]);
  });

  describe("convolutions: padding and order of axes as the node says", () => {
    const kernel = [{ name: "w", shape: [3, 3, 2, 4] }];
    const window = { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1) };

    it("explicit paddings", () => {
      const attr = { ...window, padding: text("EXPLICIT"), explicit_paddings: ints(0, 0, 2, 1, 0, 0, 0, 0) };
      const read = one("Conv2D", [1, 8, 8, 2], kernel, attr);
      expect(shapesOf(read)).toEqual([[1, 9, 6, 4]]);
      expect(read.totals.macs).toBe(BigInt(9 * 6 * 72));
    });

    it("channels first", () => {
      const attr = { strides: ints(1, 1, 2, 2), dilations: ints(1, 1, 1, 1), padding: text("VALID"), data_format: text("NCHW") };
      const read = one("Conv2D", [1, 2, 9, 9], kernel, attr);
      expect([shapesOf(read), read.totals.macs]).toEqual([[[1, 4, 4, 4]], BigInt(16 * 72)]);
      const biased = one("BiasAdd", [1, 3, 9, 9], [{ name: "b", shape: [3] }], { data_format: text("NCHW") });
      expect([shapesOf(biased), biased.totals.params]).toEqual([[[1, 3, 9, 9]], 3n]);
    });

    it("over a sequence and over a volume", () => {
      const sequence = one("Conv1D", [1, 10, 2], [{ name: "w", shape: [3, 2, 4] }], { padding: text("SAME"), stride: { i: "2" } });
      expect([shapesOf(sequence), sequence.totals.macs]).toEqual([[[1, 5, 4]], BigInt(5 * 24)]);
      const volume = one("Conv3D", [1, 4, 4, 4, 2], [{ name: "w", shape: [3, 3, 3, 2, 4] }], {
        strides: ints(1, 1, 1, 1, 1),
        padding: text("VALID"),
      });
      expect([shapesOf(volume), volume.totals.macs]).toEqual([[[1, 2, 2, 2, 4]], BigInt(8 * 216)]);
    });
  });

  it.each([
    ["as it is", [3, 5], false],
    ["turned", [5, 3], true],
  ])("a product with a bias, its weight %s", (_, shape, b) => {
    const weights = [
      { name: "w", shape },
      { name: "b", shape: [5] },
    ];
    const read = one("_FusedMatMul", [2, 3], weights, { transpose_b: { b }, fused_ops: { list: { s: [btoa("BiasAdd")] } } });
    expect([shapesOf(read), read.totals.macs, read.totals.params]).toEqual([[[2, 5]], 30n, 20n]);
  });

  // [batch 2] x ([3 features + 4 units] x [4 gates of 4 units]), with a bias of 16.
  it("an LSTM's cell: one product for all gates", () => {
    const weights = ["c", "h"].map((name) => ({ name, shape: [2, 4] }));
    const own = [{ name: "w", shape: [7, 16] }, ...["i", "f", "o"].map((name) => ({ name: `p${name}`, shape: [4] })), { name: "b", shape: [16] }];
    const { totals } = one("LSTMBlockCell", [2, 3], [...weights, ...own]);
    expect([totals.macs, totals.params]).toEqual([BigInt(2 * 7 * 16), BigInt(7 * 16 + 16)]);
  });

  it.each([
    ["EuclideanNorm", [2, 3, 4], [whole("a", 1)], {}, [2, 4]],
    ["CropAndResize", [1, 9, 9, 3], [{ name: "boxes", shape: [5, 4] }, whole("i", 0, 0, 0, 0, 0), whole("s", 7, 6)], {}, [5, 7, 6, 3]],
    ["RFFT", [2, 8], [whole("n", 8)], {}, [2, 5]],
    ["IRFFT", [2, 5], [whole("n", 8)], {}, [2, 8]],
    ["GatherV2", [2, 7, 3], [{ name: "i", shape: [2, 4], values: Array<number>(8).fill(0) }, scalar("a", 1)], { batch_dims: { i: "1" } }, [2, 4, 3]],
    [
      "Dilation2D",
      [1, 6, 6, 2],
      [{ name: "f", shape: [3, 3, 2] }],
      { strides: ints(1, 1, 1, 1), rates: ints(1, 1, 1, 1), padding: text("VALID") },
      [1, 4, 4, 2],
    ],
    ["Bincount", [6], [scalar("n", 9), { name: "w", shape: [0] }], {}, [9]],
    ["LowerBound", [2, 9], [{ name: "v", shape: [2, 4] }], {}, [2, 4]],
  ])("%s: its shape", (op, shape, weights, attr, expected) => {
    const read = one(op, shape, weights, attr);
    expect([shapesOf(read), read.partial]).toEqual([[expected], false]);
  });
});
