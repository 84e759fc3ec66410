import { fail } from "../../graph/diagnostic.js";
import type { OpenShape, Shape } from "../../graph/shape.js";
import { filter } from "./filter-ports.js";
import { int, ints, isSet } from "./attributes.js";
import { typeOf, type NodeFacts } from "./operand.js";
import { both, type Expected, type PortTable } from "./port-check.js";
import { convolution, gemm, PORTS, scaledProduct, single } from "./ports.js";

/** Sizes of the last axis of what is read. */
const last =
  (...at: readonly number[]): Expected =>
  (_, shape) => ({ exact: Object.fromEntries(at.map((index) => [index, lastOf(shape(0))])) });

function lastOf(shape: Shape | undefined): OpenShape | undefined {
  return shape?.slice(-1);
}

/** A bias with a value for each column of a product's second matrix. */
const columns =
  (b: number, bias: number): Expected =>
  (_, shape) => ({ exact: { [bias]: shape(b)?.slice(-1) } });

/** Rows of tables of one width, and a norm over it. */
const embedding: Expected = (_, shape) => {
  const hidden = shape(2)?.[1] ?? null;
  return { exact: { 1: shape(0), 3: [null, hidden], 4: [null, hidden], 5: [hidden], 6: [hidden] }, needs: [2, 3, 5, 6] };
};

/** x [N, S, W]; weight [W, Q + K + V], a bias of those. The past is [2, N, heads, P, width]. */
const attention =
  (past: number): Expected =>
  (node, shape) => {
    const [x, weight] = [shape(0), shape(1)];
    const sizes = ints(node, "qkv_hidden_sizes");
    const wide = sizes === undefined ? (weight?.[1] ?? null) : sizes.reduce((sum, size) => sum + size, 0);
    const width = sizes?.[0] ?? (weight?.[1] ?? 0) / 3;
    const heads = int(node, "num_heads", 1);
    return { exact: { 1: [x?.at(-1) ?? null, wide], 2: [wide], [past]: [2, x?.[0] ?? null, heads, null, width / heads] } };
  };

/** Keys and values that came before: [N, heads, P, width]. */
const pastOf = (batch: number | undefined, heads: number, width: number | undefined): OpenShape => [batch ?? null, heads, null, width ?? null];

/** query [N, L, heads * D]; a bias for queries, keys and values. */
const multiHead =
  (bias: number, past: number): Expected =>
  (node, shape) => {
    const [query, key, value] = [shape(0), shape(1), shape(2)];
    const heads = int(node, "num_heads", 1);
    if (query?.length !== 3 || key?.length !== 3 || value?.length !== 3) return {};
    const [batch, , wide = 0] = query;
    const width = value[2] ?? 0;
    return {
      exact: {
        1: [batch ?? null, null, wide],
        2: [batch ?? null, key[1] ?? null, null],
        [bias]: [2 * wide + width],
        [past]: pastOf(batch, heads, wide / heads),
        [past + 1]: pastOf(batch, heads, width / heads),
      },
    };
  };

/** query [N, L, heads * D], fewer keys and values; tables of half a head's width or less. */
const groupQuery: Expected = (node, shape) => {
  const [query, key] = [shape(0), shape(1)];
  const [heads, keyHeads] = [int(node, "num_heads", 1), int(node, "kv_num_heads", 1)];
  if (heads % keyHeads !== 0)
    fail("heads-do-not-divide", `${node.op} cannot divide ${heads} heads among ${keyHeads} of keys`, { expected: `a multiple of ${keyHeads}` });
  if (query?.length !== 3) return {};
  const [batch = null, length = null, wide = 0] = query;
  const width = wide / (key === undefined ? heads + 2 * keyHeads : heads);
  const fresh = [batch, length, keyHeads * width];
  const past = pastOf(batch ?? undefined, keyHeads, width);
  const turned = [null, shape(7)?.[1] ?? null];
  return { exact: { 1: fresh, 2: fresh, 3: past, 4: past, 7: turned, 8: turned } };
};

/** Rows of B, each in blocks of few bits, with a scale and a zero point a block. */
const inBlocks: Expected = (node, shape) => {
  const [k, n, bits, size] = [int(node, "K", 1), int(node, "N", 1), int(node, "bits", 4), int(node, "block_size", 32)];
  if (![2, 4, 8].includes(bits)) fail("bad-attribute", `bits of ${node.op} is ${bits}`, { expected: "2, 4 or 8" });
  const blocks = Math.ceil(k / size);
  const packed = Math.ceil((blocks * bits) / 8);
  const rows = (index: number, each: number) => (shape(index)?.length === 1 ? [n * each] : [n, each]);
  const x = shape(0);
  return {
    exact: {
      0: x && [...x.slice(0, -1), k],
      1: [n, blocks, (size * bits) / 8],
      2: rows(2, blocks),
      3: rows(3, typeOf(node.inputs[3]) === "uint8" ? packed : blocks),
      4: [null],
      5: [n],
    },
    needs: [1, 2],
  };
};

const groupNorm: Expected = (node, shape) => {
  const channels = shape(0)?.at(-1) ?? 0;
  const groups = int(node, "groups", 1);
  if (channels % groups !== 0)
    fail("groups-do-not-divide", `the ${channels} channels of ${node.op} do not divide into ${groups} groups`, {
      expected: `a multiple of ${groups}`,
    });
  return { exact: { 1: [channels], 2: [channels], ...(node.op === "SkipGroupNorm" ? { 3: undefined, 4: [channels] } : {}) } };
};

/** A skip of the input's shape, or one that broadcasts to it; scale, shift and bias of its last axis. */
const skipNorm =
  (...at: readonly number[]): Expected =>
  (node, shape) => ({ ...last(...at)(node, shape), within: { 1: shape(0) } });

const scaledPair: Expected = single(1, 2, 4, 5, 6, 7);
const scaledOne: Expected = single(1, 2, 3, 4);

/** The output's scale and zero point, then a tensor, its scale and its zero point, again and again. */
const scaledMany: Expected = (node: NodeFacts) => {
  if ((node.inputs.length - 2) % 3 !== 0) fail("bad-onnx", `${node.op} has ${node.inputs.length} inputs`, { expected: "2, and 3 for each tensor" });
  return { each: Object.fromEntries(node.inputs.flatMap((_, index) => (index < 2 || index % 3 !== 2 ? [[index, 1]] : []))) };
};

/** What onnxruntime's documentation says of its own operators (docs/ContribOperators.md). */
export const CONTRIB_PORTS: PortTable = {
  ...PORTS,
  FusedConv: convolution({ weight: 1, bias: 2, axes: "MC*" }),
  NhwcConv: convolution({ weight: 1, bias: 2, axes: "MC*" }),
  NhwcFusedConv: convolution({ weight: 1, bias: 2, axes: "MC*" }),
  FusedGemm: gemm(),
  QGemm: both(gemm(3, 6), (node, shape) => {
    const made = shape(3)?.[isSet(node, "transB") ? 0 : 1];
    return { each: { 1: 1, 2: 1, 4: made, 5: made, 7: 1, 8: 1 } };
  }),
  MatMulIntegerToFloat: both(scaledProduct(1, [], [3, 5]), columns(1, 6), (_, shape) => ({ each: { 2: shape(0)?.at(-1), 4: shape(0)?.at(-1) } })),
  DynamicQuantizeMatMul: both(scaledProduct(1, [], [2, 3]), columns(1, 4)),
  MatMulNBits: inBlocks,
  Attention: attention(4),
  QAttention: both(attention(8), (_, shape) => ({ each: { 3: 1, 4: shape(1)?.[1], 6: 1, 7: shape(1)?.[1] } })),
  MultiHeadAttention: multiHead(3, 6),
  DecoderMaskedMultiHeadAttention: multiHead(10, 5),
  GroupQueryAttention: groupQuery,
  SkipLayerNormalization: skipNorm(2, 3, 4),
  SkipSimplifiedLayerNormalization: skipNorm(2, 3),
  EmbedLayerNormalization: embedding,
  GroupNorm: groupNorm,
  SkipGroupNorm: groupNorm,
  BiasGelu: last(1),
  FastGelu: last(1),
  BiasAdd: last(1),
  BiasDropout: last(1),
  QLinearAdd: scaledPair,
  QLinearMul: scaledPair,
  QLinearLeakyRelu: scaledOne,
  QLinearSigmoid: scaledOne,
  QLinearSoftmax: scaledOne,
  QLinearAveragePool: scaledOne,
  QLinearGlobalAveragePool: scaledOne,
  QLinearReduceMean: scaledOne,
  QLinearConcat: scaledMany,
};

/** ONNX's operators with the channels behind the space (qonnx's domain `channels_last`). */
export const CHANNELS_LAST_PORTS: PortTable = {
  Conv: filter({ weight: 1, bias: 2, axes: "M*C", connects: "byAttribute" }),
  BatchNormalization: last(1, 2, 3, 4),
};
