import { elements, type Shape } from "../../graph/shape.js";
import { all, hasTensor, whole, outputElements, outputOf, shapeOf, tensor, tensors, type AtenRule, type Counted } from "./call.js";
import { einsum, tensordot } from "./einsum.js";

/** What a product of matrices is called: a linear layer where one factor is stored with the model. */
function named(
  stored: boolean,
  macs: bigint,
  bias: bigint | undefined,
  features?: { readonly inFeatures: number; readonly outFeatures: number },
): Counted {
  const operations = bias === undefined ? {} : { bias };
  if (!stored) return { op: "matmul", macs, operations, mixes: { channels: true, space: true } };
  return { op: "linear", macs, operations, attributes: { ...features, bias: bias !== undefined }, mixes: { channels: true, space: false } };
}

/**
 * A product of matrices: the last axis of the first is summed over. MACs = outputs · k (torch.matmul, addmm, bmm).
 * @param added what is added to it, a bias
 */
const product =
  (first: string, second: string, added?: string): AtenRule =>
  (call) => {
    const [left, right] = [tensor(call, first), tensor(call, second)];
    const k = left?.shape.at(-1) ?? 1;
    const output = outputOf(call);
    const biased = added !== undefined && hasTensor(call, added);
    const stored = left?.stored === true || right?.stored === true;
    const outFeatures = (right?.shape.length ?? 0) < 2 ? 1 : (output.at(-1) ?? 1);
    const counted = named(stored, elements(output) * BigInt(k), biased ? elements(output) : undefined, { inFeatures: k, outFeatures });
    return { ...counted, ports: { [right?.stored === true ? second : first]: "weight", ...(added === undefined ? {} : { [added]: "bias" }) } };
  };

/** linear: x W^T + b, W of [out, in], or of [in] for one output without an axis. */
const linear: AtenRule = (call) => {
  const weight = shapeOf(call, "weight");
  const outputs = outputElements(call);
  const features = { inFeatures: weight.at(-1) ?? 1, outFeatures: weight.length < 2 ? 1 : (weight[0] ?? 1) };
  const stored = tensor(call, "weight")?.stored === true;
  return named(stored, outputs * BigInt(features.inFeatures), hasTensor(call, "bias") ? outputs : undefined, features);
};

/** addbmm: the products of a batch are summed up. */
const addbmm: AtenRule = (call) => {
  const [batch = 1, , k = 1] = shapeOf(call, "batch1");
  const outputs = outputElements(call);
  return { op: "matmul", macs: outputs * BigInt(batch) * BigInt(k), operations: { bias: outputs }, mixes: { channels: true, space: true } };
};

/** cov and corrcoef: the products of all pairs of variables, their means taken off. */
const covariance: AtenRule = (call) => {
  const shape = shapeOf(call, "self");
  const observations = BigInt(shape.at(-1) ?? 1);
  const outputs = outputElements(call);
  return {
    op: call.op,
    macs: outputs * observations,
    operations: { reduction: elements(shape), elementwise: elements(shape) + outputs },
    mixes: { channels: true, space: true },
  };
};

/** Each value of one vector times each of the other: no sum. */
const outer: AtenRule = (call) => {
  const outputs = outputElements(call);
  const added = hasTensor(call, "vec1") && call.op === "addr" ? outputs : 0n;
  return { op: call.op, operations: { elementwise: outputs + added }, mixes: { channels: true, space: true } };
};

/** inner and vecdot: the last axes are summed over. */
const inner: AtenRule = (call) => {
  const [left, right] = [shapeOf(call, "self", "x"), shapeOf(call, "other", "y")];
  const dim = call.op === "linalg_vecdot" ? (whole(call, "dim") ?? -1) : -1;
  const summed = left.length === 0 || right.length === 0 ? 1 : (left.at(dim < 0 ? dim : dim - left.length) ?? 1);
  return { op: "matmul", macs: outputElements(call) * BigInt(summed), mixes: { channels: true, space: true } };
};

/** The fewest multiply-adds of a chain of matrices (torch.linalg.multi_dot; the matrix chain of CLRS, section 15.2): p holds its sizes. */
function chainCost(p: readonly number[]): bigint {
  const count = p.length - 1;
  const best: bigint[][] = Array.from({ length: count }, () => Array<bigint>(count).fill(0n));
  const at = (i: number, j: number) => best[i]?.[j] ?? 0n;
  const size = (index: number) => BigInt(p[index] ?? 1);
  for (let length = 2; length <= count; length++) {
    for (let i = 0; i + length <= count; i++) {
      const j = i + length - 1;
      let least: bigint | undefined;
      for (let k = i; k < j; k++) {
        const cost = at(i, k) + at(k + 1, j) + size(i) * size(k + 1) * size(j + 1);
        if (least === undefined || cost < least) least = cost;
      }
      const row = best[i];
      if (row !== undefined) row[j] = least ?? 0n;
    }
  }
  return at(0, count - 1);
}

/** Matrices of a chain at most: its best order takes cubic time. */
const MOST_MATRICES = 128;

const multiDot: AtenRule = (call) => {
  const shapes = [...tensors(call, "tensors"), ...tensors(call, "matrices")].map(({ shape }) => shape);
  if (shapes.length > MOST_MATRICES) return { op: "multi_dot", uncounted: `a chain of more than ${MOST_MATRICES} matrices` };
  const rows = shapes.map((shape, index): Shape => (shape.length > 1 ? shape : index === 0 ? [1, ...shape] : [...shape, 1]));
  const sizes = [rows[0]?.[0] ?? 1, ...rows.map((shape) => shape[1] ?? 1)];
  return { op: "multi_dot", macs: chainCost(sizes), mixes: { channels: true, space: true } };
};

/** Products by squaring, as ATen has them (LinearAlgebra.cpp, linalg_matrix_power): one for each bit after the first, and one for each further bit that is set. */
const matrixPower: AtenRule = (call) => {
  const n = whole(call, "n") ?? 1;
  if (n < 0) return { op: "matrix_power", uncounted: "the cost of inverting a matrix is not counted" };
  const bits = Math.abs(n).toString(2);
  const products = n < 2 ? 0 : bits.length - 1 + bits.slice(1).replaceAll("0", "").length;
  return {
    op: "matrix_power",
    macs: BigInt(products) * outputElements(call) * BigInt(outputOf(call).at(-1) ?? 1),
    mixes: { channels: true, space: true },
  };
};

/** bilinear: x1 W x2 + b, W of [out, in1, in2]. MACs = outputs · in1 · (in2 + 1), as nn.Bilinear. */
const bilinear: AtenRule = (call) => {
  const [outFeatures = 1, in1 = 1, in2 = 1] = shapeOf(call, "weight");
  const outputs = outputElements(call);
  const bias = hasTensor(call, "bias");
  return {
    op: "bilinear",
    macs: outputs * BigInt(in1) * (BigInt(in2) + 1n),
    operations: bias ? { bias: outputs } : {},
    attributes: { in1Features: in1, in2Features: in2, outFeatures, bias },
    mixes: { channels: true, space: false },
  };
};

/** A block-diagonal of all pairs: a product an output. */
const kron: AtenRule = (call) => ({ op: call.op, operations: { elementwise: outputElements(call) } });

/** Distances of each pair of rows: subtract, raise, add up for each feature. */
const distances: AtenRule = (call) => {
  const features = shapeOf(call, "x1", "self").at(-1) ?? 1;
  return { op: "cdist", operations: { reduction: 3n * BigInt(features) * outputElements(call) }, mixes: { channels: true, space: true } };
};

/** Weights of few bits: the product is that of real numbers (torch.ops.aten._weight_int4pack_mm: groups of weights have a scale each). */
const packed: AtenRule = (call) => {
  const k = shapeOf(call, "self", "input").at(-1) ?? 1;
  const output = outputOf(call);
  return named(true, elements(output) * BigInt(k), undefined, { inFeatures: k, outFeatures: output.at(-1) ?? 1 });
};

/** Products of groups of rows, each with its own matrix (mixture of experts): every row meets one matrix; of two matrices the inner axis is in groups. */
const grouped: AtenRule = (call) => {
  const [left, right] = [shapeOf(call, "self", "mat_a"), shapeOf(call, "mat2", "mat_b")];
  const k = left.at(-1) ?? 1;
  const macs = left.length === 2 && right.length === 2 ? elements(left) * BigInt(right[1] ?? 1) : outputElements(call) * BigInt(k);
  const stored = tensor(call, "mat2", "mat_b")?.stored === true;
  const counted = named(stored, macs, hasTensor(call, "bias") ? outputElements(call) : undefined, { inFeatures: k, outFeatures: right.at(-1) ?? 1 });
  return { ...counted, ports: { mat2: "weight", mat_b: "weight" } };
};

/** Factorisations take a number of steps that no formula here tells. */
const notCounted: AtenRule = (call) => ({ op: call.op, uncounted: "the cost of factoring or inverting a matrix is not counted" });

export const contractionRules: Readonly<Record<string, AtenRule>> = {
  linear,
  ...all("mm bmm _int_mm _scaled_mm mv smm hspmm", product("self", "mat2")),
  mv: product("self", "vec"),
  ...all("matmul __matmul__ linalg_matmul", product("self", "other")),
  ...all("dot vdot", product("self", "tensor")),
  ...all("addmm _addmm_activation sspaddmm", product("mat1", "mat2", "self")),
  addmv: product("mat", "vec", "self"),
  baddbmm: product("batch1", "batch2", "self"),
  addbmm,
  ...all("outer ger addr", outer),
  ...all("inner linalg_vecdot", inner),
  ...all("linalg_multi_dot chain_matmul", multiDot),
  ...all("matrix_power linalg_matrix_power", matrixPower),
  ...all("_grouped_mm _scaled_grouped_mm", grouped),
  ...all(
    `inverse linalg_inv linalg_inv_ex linalg_pinv pinverse linalg_solve linalg_solve_ex _linalg_solve_ex linalg_solve_triangular triangular_solve linalg_lstsq linalg_det det _linalg_det
     logdet slogdet linalg_slogdet _linalg_slogdet cholesky linalg_cholesky linalg_cholesky_ex cholesky_inverse cholesky_solve _cholesky_solve_helper linalg_qr qr linalg_svd _linalg_svd
     svd linalg_svdvals linalg_eig linalg_eigvals linalg_eigh _linalg_eigh linalg_eigvalsh linalg_lu linalg_lu_factor linalg_lu_factor_ex linalg_lu_solve lu_solve lu_unpack
     linalg_ldl_factor linalg_ldl_factor_ex linalg_ldl_solve linalg_matrix_exp matrix_exp linalg_matrix_rank linalg_cond linalg_householder_product orgqr ormqr geqrf linalg_tensorinv
     linalg_tensorsolve`,
    notCounted,
  ),
  bilinear,
  einsum,
  tensordot,
  kron,
  ...all("cov corrcoef", covariance),
  ...all("cdist _cdist_forward _euclidean_dist", distances),
  ...all("_weight_int8pack_mm _weight_int4pack_mm _weight_int4pack_mm_for_cpu _dyn_quant_matmul_4bit mkldnn_linear", packed),
};
