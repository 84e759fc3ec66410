import { bytes, input, message, node, number, output, text, weight, type AttributeValue } from "../../test/read/onnx-model.js";
import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { contradicting, fitting, ports, type Port } from "./ports.js";

interface Operator {
  readonly op: string;
  readonly ports: readonly Port[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  /** Element types (TensorProto.DataType) that are not float. */
  readonly types?: readonly number[];
  /** Ports that are left out, by their position in the operator. */
  readonly absent?: readonly number[];
}

const MICROSOFT = "com.microsoft";
const [UINT8, INT8, INT32, INT64, FLOAT] = [2, 3, 6, 7, 1];
const recurrent = (op: string, gates: number): readonly Operator[] => {
  const [w, r, b, h] = [`1 ${gates}H F`, `1 ${gates}H H`, `1 ${2 * gates}H`, "1 2 H"];
  const attributes = { hidden_size: 13 };
  const both = { hidden_size: 13, direction: "bidirectional" };
  const two = [w, r, b].map((sizes) => sizes.replace("1", "2"));
  return [
    { op, attributes, ports: ports("4 2 F", w, r, b) },
    { op, attributes: both, ports: ports("4 2 F", ...two) },
    { op, attributes, absent: [4], ports: ports("4 2 F", w, r, b, h, ...(gates === 4 ? [h, "1 3H"] : [])) },
  ];
};

/** Every operator that stores weights, as ONNX and onnxruntime describe their inputs. */
export const ONNX_OPERATORS: readonly Operator[] = [
  { op: "Conv", ports: ports("1 C 8 8", "M C K L", "M") },
  { op: "Conv", attributes: { kernel_shape: [3, 3] }, ports: ports("1 C 8 8", "M C 3 3", "M") },
  { op: "Conv", attributes: { group: 2 }, ports: ports("1 2C 8 8", "2M C K L", "2M") },
  { op: "Conv", attributes: { group: 5 }, ports: ports("1 5 8 8", "5 1 K L", "5") },
  { op: "Conv", ports: ports("1 C 8", "M C K", "M") },
  { op: "Conv", ports: ports("1 C 8 8 8", "M C K L D", "M") },
  { op: "FusedConv", domain: MICROSOFT, attributes: { activation: "Relu" }, ports: ports("1 C 8 8", "M C K L", "M") },
  { op: "ConvTranspose", ports: ports("1 C 8 8", "C M K L", "M") },
  { op: "ConvTranspose", attributes: { group: 2 }, ports: ports("1 2C 8 8", "2C M K L", "2M") },
  { op: "ConvInteger", types: [UINT8, UINT8], ports: ports("1 C 8 8", "M C K L") },
  {
    op: "QLinearConv",
    types: [UINT8, FLOAT, UINT8, INT8, FLOAT, INT8, FLOAT, UINT8, INT32],
    ports: ports("1 C 8 8", "", "", "M C K L", "~M", "~M", "", "", "M"),
  },
  { op: "DeformConv", attributes: { pads: [1, 1, 1, 1] }, ports: ports("1 C 8 8", "M C 3 3", "1 18 8 8", "M") },
  { op: "BatchNormalization", ports: ports("2 C 8 8", "C", "C", "C", "C") },
  { op: "InstanceNormalization", ports: ports("2 C 8 8", "C", "C") },
  { op: "GroupNormalization", attributes: { num_groups: 5 }, ports: ports("2 C 8 8", "C", "C") },
  { op: "LayerNormalization", ports: ports("2 6 F", "~F", "~F") },
  { op: "LayerNormalization", attributes: { axis: 1 }, ports: ports("2 H F", "~H F", "~H F") },
  { op: "RMSNormalization", ports: ports("2 6 F", "~F") },
  { op: "SimplifiedLayerNormalization", domain: MICROSOFT, ports: ports("2 6 F", "~F") },
  { op: "Gemm", ports: ports("2 F", "F M", "~M") },
  { op: "Gemm", attributes: { transB: 1 }, ports: ports("2 F", "M F", "~M") },
  { op: "Gemm", attributes: { transA: 1, transB: 1 }, ports: ports("F 2", "M F", "~2 M") },
  { op: "FusedGemm", domain: MICROSOFT, attributes: { transB: 1 }, ports: ports("2 F", "M F", "~M") },
  { op: "MatMul", ports: ports("2 6 F", "~F M") },
  { op: "FusedMatMul", domain: MICROSOFT, attributes: { transB: 1 }, ports: ports("2 6 F", "~M F") },
  { op: "MatMulInteger", types: [UINT8, UINT8], ports: ports("2 F", "~F M") },
  {
    op: "QLinearMatMul",
    types: [UINT8, FLOAT, UINT8, UINT8, FLOAT, UINT8, FLOAT, UINT8],
    ports: ports("6 F", "", "", "~F M", "", "", "", ""),
  },
  { op: "Einsum", attributes: { equation: "bf,fm->bm" }, ports: ports("2 F", "~F M") },
  { op: "PRelu", ports: ports("1 C 8 8", "~C 1 1") },
  ...recurrent("RNN", 1),
  ...recurrent("GRU", 3),
  ...recurrent("LSTM", 4),
  { op: "Attention", domain: MICROSOFT, attributes: { num_heads: 1 }, ports: ports("2 6 F", "F 3H", "3H") },
  { op: "SkipLayerNormalization", domain: MICROSOFT, ports: ports("2 6 F", "~2 6 F", "F", "F", "F") },
  { op: "SkipSimplifiedLayerNormalization", domain: MICROSOFT, ports: ports("2 6 F", "~2 6 F", "F") },
  { op: "BiasGelu", domain: MICROSOFT, ports: ports("2 F", "F") },
  { op: "FastGelu", domain: MICROSOFT, ports: ports("2 F", "F") },
  { op: "QuantizeLinear", types: [FLOAT, FLOAT, UINT8], ports: ports("2 F", "~F", "~F") },
  { op: "DequantizeLinear", types: [UINT8, FLOAT, UINT8], ports: ports("2 F", "~F", "~F") },
  { op: "GroupNorm", domain: MICROSOFT, attributes: { groups: 5, activation: 0, channels_last: 1 }, ports: ports("2 8 8 C", "C", "C") },
  { op: "EmbedLayerNormalization", domain: MICROSOFT, types: [INT32], absent: [1], ports: ports("2 6", "V H", "L H", "~1 H", "H", "H") },
];

/** A model of one operator; RMSNormalization is the newest. */
export function onnxOperator(operator: Operator, shapes: readonly (readonly number[])[], typed = operator.types ?? []): Uint8Array {
  const names = shapes.map((_, index) => `p${index}`);
  const read = (operator.absent ?? []).reduce<readonly string[]>((list, at) => [...list.slice(0, at), "", ...list.slice(at)], names);
  const graph = [
    input("p0", shapes[0] ?? [], typed[0] ?? FLOAT),
    ...names.slice(1).map((name, index) => weight(name, shapes[index + 1] ?? [], { type: typed[index + 1] ?? FLOAT })),
    node(operator.op, read, ["y"], { domain: operator.domain ?? "", attributes: operator.attributes ?? {} }),
    output("y"),
  ];
  return bytes(number(1, 8), message(8, number(2, 23)), message(8, text(1, MICROSOFT), number(2, 1)), message(7, ...graph));
}

/** One operator whose weights contradict each other by size or rank; or one whose types are others, of which nothing is claimed. */
export function onnxWeights(random: Random): Case {
  const operator = random.pick(ONNX_OPERATORS);
  const { shapes, what } = contradicting(operator.ports, random);
  const asFile = (content: Uint8Array) => ({ argv: ["model.onnx"], files: { "model.onnx": content } });
  if (!random.chance(8)) return { ...asFile(onnxOperator(operator, shapes)), claim: { kind: "contradicts", what: `${operator.op}: ${what}` } };
  const types = operator.ports.map(() => random.pick([FLOAT, FLOAT, UINT8, INT32, INT64, 0, 8, 9, 99]));
  return asFile(onnxOperator(operator, fitting(operator.ports), types));
}
