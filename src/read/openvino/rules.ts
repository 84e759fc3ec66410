import { own } from "../../graph/own.js";
import type { Shape } from "../../graph/shape.js";
import { recurrent, type Cell } from "../../ops/recurrent.js";
import { turned } from "../onnx/adapt.js";
import type { AttributeValues } from "../onnx/build.js";
import { fixed, placed } from "../onnx/fixed.js";
import { shapeAt, shapeOf, type OnnxNode, type Operand, type Result, type Rule } from "../onnx/operand.js";
import { bodyOf, chosen } from "../onnx/operators/control.js";
import { as, first } from "../tflite/adapted.js";
import { list } from "../tflite/moving.js";
import { lite } from "../tfjs/delegate.js";
import { OPENVINO } from "./decode.js";
import { allSized, isTrue, moving, open, parts, sized, split, whole, wholes, word } from "./sizes.js";

const padding = (node: OnnxNode): AttributeValues => {
  const auto = word(node, "auto_pad", "explicit").toUpperCase();
  return auto === "EXPLICIT" || auto === "NOTSET"
    ? { pads: [...(wholes(node, "pads_begin") ?? []), ...(wholes(node, "pads_end") ?? [])] }
    : { auto_pad: auto };
};
const lists = (node: OnnxNode, names: Readonly<Record<string, string>>): AttributeValues =>
  Object.fromEntries(Object.entries(names).flatMap(([to, from]) => (wholes(node, from) === undefined ? [] : [[to, wholes(node, from) ?? []]])));
const WINDOW = { strides: "strides", dilations: "dilations" };

/** A convolution; the weights of a grouped one have an axis of groups in front: [G, Cout/G, Cin/G, K], transposed [G, Cin/G, Cout/G, K]. */
const convolution = (op: "Conv" | "ConvTranspose", grouped: boolean): Rule =>
  as(op, (node) => {
    const [x, weight] = node.inputs;
    const [groups = 1, outer = 1, ...rest] = shapeOf(weight) ?? [];
    const size = node.inputs.length > 2 ? sized(node)?.slice(2) : undefined;
    const output = op === "Conv" ? {} : { ...lists(node, { output_padding: "output_padding" }), ...(size && { output_shape: size }) };
    return {
      inputs: [x, grouped ? reshaped(weight, [groups * outer, ...rest]) : weight],
      attributes: { ...padding(node), ...lists(node, WINDOW), ...output, ...(grouped ? { group: groups } : {}) },
    };
  });

function reshaped(operand: Operand | undefined, shape: Shape): Operand | undefined {
  if (operand?.kind === "constant") return { ...operand, shape };
  return operand?.kind === "tensor" ? { ...operand, value: { ...operand.value, shape } } : operand;
}

const pool = (op: string): Rule =>
  as(op, (node) => ({
    inputs: first(node),
    attributes: {
      ...padding(node),
      ...lists(node, { ...WINDOW, kernel_shape: "kernel" }),
      ceil_mode: word(node, "rounding_type", "floor").startsWith("ceil") ? 1 : 0,
    },
  }));

/** A reduction, whose axes lie in the .bin: those that the output has not, or has as 1. */
const reduce = (op: string): Rule =>
  as(op, (node) => {
    const [from = [], to = []] = [node.attributes.get("from")?.ints, node.attributes.get("to0")?.ints];
    const keepdims = isTrue(node, "keep_dims") ? 1 : 0;
    let kept = 0;
    const axes = from.flatMap((size, axis) => ((keepdims === 1 ? size !== to[axis] : size !== to[kept] || ++kept === 0) ? [axis] : []));
    return { inputs: first(node), attributes: { keepdims, ...(axes.length === 0 ? { noop_with_empty_axes: to.length === 0 ? 0 : 1 } : { axes }) } };
  });

const gather: Rule = (node) => {
  const [from, picks, to] = [shapeAt(node, 0), shapeOf(node.inputs[1]) ?? [], node.attributes.get("to0")?.ints ?? []];
  const made = from.map((_, axis) => [...from.slice(0, axis), ...picks, ...from.slice(axis + 1)]);
  const axis = made.findIndex((shape) => shape.length === to.length && shape.every((size, at) => (to[at] ?? -1) < 0 || to[at] === size));
  return axis < 0 || whole(node, "batch_dims", 0) !== 0
    ? parts("gather")(node)
    : as("Gather", () => ({ inputs: node.inputs.slice(0, 2), attributes: { axis } }))(node);
};

/** Weights that stand as whole numbers, less their zero point and times their scale: they are what the file stores, and no others. */
const decompressed =
  (rule: Rule): Rule =>
  (node) => {
    const [weight] = node.inputs;
    const isQuantised = weight?.kind === "constant" && weight.origins.some(({ quantised }) => quantised === true);
    return isQuantised && node.inputs.every(({ kind }) => kind === "constant") ? { kind: "operands", operands: [weight] } : rule(node);
  };

/** Another type: of a constant, the same that is stored. */
const convert: Rule = (node) => {
  const [x] = node.inputs;
  const dtype = node.writtenDtype(0);
  if (x?.kind === "constant") return { kind: "operands", operands: [{ ...x, dtype, values: undefined }] };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [shapeAt(node, 0)], dtype: dtype ?? "float32" }), inputs: first(node) };
};

/** Simulated quantisation: of a weight it changes nothing that is stored. */
const fakeQuantize: Rule = (node) => {
  const [x] = node.inputs;
  return x?.kind === "constant" ? { kind: "operands", operands: [x] } : lite("FAKE_QUANT", () => ({ inputs: [x ?? { kind: "none" }] }))(node);
};

/** Cells and sequences of them: X [N, T, F], or [N, F] for one step; then states, lengths; W, R and one bias a gate last. */
const cell =
  (kind: Cell, sequence: boolean): Rule =>
  (node) => {
    const x = shapeAt(node, 0, sequence ? 3 : 2);
    const [batch = 1, features = 1] = [x[0], x.at(-1)];
    const layer = recurrent({
      cell: kind,
      hiddenSize: whole(node, "hidden_size", 1),
      numLayers: 1,
      biases: isTrue(node, "linear_before_reset") ? 2 : 1,
      bidirectional: word(node, "direction", "forward") === "bidirectional",
      projSize: 0,
      batchFirst: true,
      returns: { sequences: true, states: "none" },
    });
    const { cost, attributes, stored: ports } = layer.infer([sequence ? x : [batch, 1, features]]);
    const outputs = allSized(node, "kept");
    if (outputs === undefined) return open(node);
    const stored = node.weights(node.inputs.slice(-3));
    const made = fixed({
      op: kind,
      outputs,
      stored,
      ports,
      macs: cost.macs,
      operations: cost.operations,
      attributes,
      mixes: { channels: true, space: true },
    });
    return { kind: "layer", layer: made, inputs: node.inputs.slice(0, -3).filter(({ kind: given }) => given === "tensor") };
  };

/** Loop and TensorIterator: a body as often as what it takes in slices, or stacks, has slices. Where the file does not say that, one iteration is counted. */
const loop: Rule = (node): Result => {
  const list = (name: string) => node.attributes.get(name)?.ints ?? [];
  const [from, sliced, sizes, carried, to, stacked] = ["inputs", "sliced", "parts", "carried", "outputs", "stacked"].map((name) => list(name));
  const shapes = (from ?? []).map((index) => shapeOf(node.inputs[index]) ?? []);
  const counts = (sliced ?? []).flatMap((axis, index) => (axis < 0 ? [] : [Math.ceil((shapes[index]?.[axis] ?? 1) / (sizes?.[index] ?? 1))]));
  const outer = (stacked ?? []).flatMap((axis, index) => (axis < 0 ? [] : [list(`to${index}`)[axis] ?? -1]));
  const trips = counts[0] ?? outer.find((size) => size >= 0);
  const reason = `how often ${node.op} runs lies in the .bin: one iteration is counted`;
  if (trips === undefined) node.bodies.add(fixed({ op: node.op, outputs: [], uncounted: { of: "cost", reason } }), []);
  const inputs = (from ?? []).map((index, at): Operand => {
    const operand = node.inputs[index];
    if (operand === undefined) return node.bodies.slice([], "int64");
    const axis = sliced?.[at] ?? -1;
    if (axis < 0) return carried?.[at] === 1 ? node.bodies.varying(operand) : operand;
    return node.bodies.slice(
      (shapes[at] ?? []).map((size, each) => (each === axis ? (sizes?.[at] ?? 1) : size)),
      undefined,
      operand,
    );
  });
  const results = node.bodies.run(bodyOf(node, "body"), inputs, "body", BigInt(trips ?? 1));
  const operands = (to ?? []).map((index, at): Operand => {
    const result = results[index] ?? { kind: "none" };
    const axis = stacked?.[at] ?? -1;
    if (axis < 0) return result;
    if (trips === undefined) return { kind: "unknown", reason };
    return node.bodies.slice(
      (shapeOf(result) ?? []).map((size, each) => (each === axis ? size * trips : size)),
      node.writtenDtype(at),
    );
  });
  return { kind: "operands", operands };
};

/** A layer of the name that ONNX has for it, on the same inputs. */
const same = (names: string) =>
  Object.fromEntries(names.split(" ").map((pair) => [pair.split("=")[0] ?? "", as(pair.split("=").at(-1) ?? "", () => ({ attributes: {} }))]));
const one = (names: string) =>
  Object.fromEntries(
    names.split(" ").map((pair) => [pair.split("=")[0] ?? "", as(pair.split("=").at(-1) ?? "", (node) => ({ inputs: first(node), attributes: {} }))]),
  );
const all = (names: string, make: (op: string) => Rule) =>
  Object.fromEntries(names.split(" ").map((pair) => [pair.split("=")[0] ?? "", make(pair.split("=").at(-1) ?? "")]));
const axis = (op: string, otherwise: number) => as(op, (node) => ({ attributes: { axis: whole(node, "axis", otherwise) } }));

const RULES: Readonly<Record<string, Rule>> = {
  ...same(
    "Divide=Div Power=Pow Maximum=Max Minimum=Min Mod FloorMod=Mod Equal Less LessEqual=LessOrEqual Greater GreaterEqual=GreaterOrEqual LogicalAnd=And LogicalOr=Or LogicalXor=Xor LogicalNot=Not Select=Where BitwiseAnd BitwiseOr BitwiseXor BitwiseNot",
  ),
  ...same(
    "Abs Negative=Neg Exp Log Sqrt Floor Ceiling=Ceil Round Sign Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Sigmoid Tanh ReLU=Relu Relu PReLU=PRelu Elu Mish SoftPlus=Softplus SoftSign=Softsign IsNaN IsInf ShapeOf=Shape NonZero",
  ),
  ...one(
    "Swish HSwish=HardSwish HSigmoid=HardSigmoid HardSigmoid Selu Gelu Clamp=Clip NormalizeL2=LpNormalization MVN=MeanVarianceNormalization CumSum",
  ),
  ...all("Add Subtract=Sub Multiply=Mul", (op) => decompressed(as(op, () => ({ attributes: {} })))),
  ...all("ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogicalAnd=ReduceMin ReduceLogicalOr=ReduceMax", reduce),
  ...all("Reshape=reshape Squeeze=squeeze Unsqueeze=unsqueeze", moving("view")),
  ...all(
    "Transpose=transpose Roll=roll Reverse=reverse ReverseSequence=reverse ScatterUpdate=scatter ScatterNDUpdate=scatter ScatterElementsUpdate=scatter ShuffleChannels=channel_shuffle",
    moving("kept"),
  ),
  ...all(
    "StridedSlice=slice Slice=slice Pad=pad Tile=tile Broadcast=expand SpaceToBatch=space_to_batch BatchToSpace=batch_to_space SpaceToDepth=pixel_unshuffle DepthToSpace=pixel_shuffle ReorgYolo=pixel_unshuffle OneHot=one_hot",
    moving("new"),
  ),
  ...all(
    "TopK=topk GatherND=gather GatherElements=gather GatherTree=gather Range=range Eye=eye RandomUniform=rand PriorBox=prior_box PriorBoxClustered=prior_box ReadValue=read_variable",
    parts,
  ),
  ...all("Split VariadicSplit", () => split),
  ...all("SquaredDifference=SQUARED_DIFFERENCE NotEqual=NOT_EQUAL", (op) => lite(op)),
  Convolution: convolution("Conv", false),
  GroupConvolution: convolution("Conv", true),
  ConvolutionBackpropData: convolution("ConvTranspose", false),
  GroupConvolutionBackpropData: convolution("ConvTranspose", true),
  DeformableConvolution: as("DeformConv", ({ inputs: [x, offset, weight, mask], ...node }) => ({
    inputs: [x, weight, offset, undefined, mask],
    attributes: { ...padding({ ...node, inputs: [] }), ...lists({ ...node, inputs: [] }, WINDOW) },
  })),
  MatMul: as("MatMul", (node) => ({
    inputs: [turned(node.inputs[0], isTrue(node, "transpose_a")), turned(node.inputs[1], isTrue(node, "transpose_b"))],
    attributes: {},
  })),
  MaxPool: pool("MaxPool"),
  AvgPool: pool("AveragePool"),
  Softmax: axis("Softmax", 1),
  SoftMax: axis("Softmax", 1),
  LogSoftmax: axis("LogSoftmax", 1),
  Concat: axis("Concat", 0),
  LRN: as("LRN", (node) => ({ inputs: first(node), attributes: { size: whole(node, "size", 5) } })),
  GroupNormalization: as("GroupNormalization", (node) => ({ attributes: { num_groups: whole(node, "num_groups", 1) } })),
  BatchNormInference: as("BatchNormalization", ({ inputs }) => ({
    inputs: (shapeOf(inputs[0])?.length ?? 0) > 1 ? inputs : [inputs[2], inputs[0], inputs[1], ...inputs.slice(3)],
    attributes: {},
  })),
  Interpolate: (node) => {
    const size = sized(node);
    const [mode = ""] = word(node, "mode", "nearest").split("_");
    const named = mode === "bilinear" ? "linear" : mode === "bicubic" ? "cubic" : mode;
    return size === undefined
      ? open(node)
      : as("Resize", () => ({ inputs: [node.inputs[0], undefined, undefined, list(size)], attributes: { mode: named } }))(node);
  },
  ROIAlign: as("RoiAlign", (node) => ({
    attributes: {
      output_height: whole(node, "pooled_h", 1),
      output_width: whole(node, "pooled_w", 1),
      sampling_ratio: whole(node, "sampling_ratio", 0),
    },
  })),
  ScaledDotProductAttention: as("Attention", (node) => ({
    inputs: node.inputs.slice(0, 4),
    attributes: { is_causal: isTrue(node, "causal") ? 1 : 0 },
  })),
  Gather: gather,
  Convert: convert,
  ConvertLike: convert,
  FakeQuantize: fakeQuantize,
  ...Object.fromEntries(
    (["lstm", "gru", "rnn"] as const).flatMap((kind) => [
      [`${kind.toUpperCase()}Cell`, cell(kind, false)],
      [`${kind.toUpperCase()}Sequence`, cell(kind, true)],
    ]),
  ),
  If: (node) => chosen(node, ["then_body", "else_body"], node.inputs),
  Loop: loop,
  TensorIterator: loop,
  Assign: () => ({ kind: "operands", operands: [] }),
};

/** A layer of the type that the file gives its first output. */
const typed =
  (rule: Rule): Rule =>
  (node) => {
    const result = rule(node);
    const dtype = node.writtenDtype(0);
    return result.kind === "layer" && dtype !== undefined ? { ...result, layer: placed(result.layer, dtype, 1n) } : result;
  };

/** The rule of an operator of OpenVINO, if there is one. */
export function openvinoRule(domain: string, op: string): Rule | undefined {
  const rule = domain === OPENVINO ? own(RULES, op) : undefined;
  return rule && typed(rule);
}
