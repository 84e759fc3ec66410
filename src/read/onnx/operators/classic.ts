import { elements, type Shape } from "../../../graph/shape.js";
import { fixed, type Fixed } from "../fixed.js";
import { int, ints } from "../attributes.js";
import { inputShape, shapeAt, shapeOf, type OnnxNode, type Rule } from "../operand.js";

/** Rows and features of a table, [N, C] or [C]. */
function table(shape: Shape): readonly [rows: number, features: number] {
  return shape.length < 2 ? [1, shape[0] ?? 1] : [shape[0] ?? 1, shape[1] ?? 1];
}

const layer = (node: OnnxNode, parts: Fixed) => ({ kind: "layer" as const, layer: fixed(parts), inputs: node.inputs });

const floats = (node: OnnxNode, name: string) => node.attributes.get(name)?.floats.length ?? 0;

function classesOf(node: OnnxNode): number {
  const strings = ["classlabels_strings", "classlabels_ints", "classlabels_int64s"].map((name) => {
    const found = node.attributes.get(name);
    return Math.max(found?.strings.length ?? 0, found?.ints.length ?? 0);
  });
  return Math.max(1, ...strings);
}

/** Weights that stand in an attribute, not in the graph's tensors. */
const stored = (name: string, count: number) => (count === 0 ? [] : [{ name, role: "parameter" as const, shape: [count] }]);

/** LinearClassifier and LinearRegressor: coefficients of each class or target, and intercepts. */
const linear: Rule = (node) => {
  const [rows, features] = table(inputShape(node));
  const [coefficients, intercepts] = [floats(node, "coefficients"), floats(node, "intercepts")];
  const targets = node.op === "LinearRegressor" ? int(node, "targets", 1) : Math.max(1, Math.round(coefficients / Math.max(1, features)));
  const scores = [rows, node.op === "LinearRegressor" ? targets : Math.max(targets, classesOf(node))];
  return layer(node, {
    op: "linear",
    outputs: node.op === "LinearRegressor" ? [scores] : [[rows], scores],
    dtype: node.op === "LinearRegressor" ? "float32" : ["int64", "float32"],
    stored: [...stored("coefficients", coefficients), ...stored("intercepts", intercepts)],
    macs: BigInt(rows) * BigInt(coefficients),
    operations: intercepts > 0 ? { bias: BigInt(rows) * BigInt(intercepts) } : {},
    mixes: { channels: true, space: false },
  });
};

/** Ensembles of trees: a comparison a level, as many as the deepest leaf lies deep at most, and an addition a tree and target. */
const trees: Rule = (node) => {
  const [rows] = table(inputShape(node));
  const classifier = node.op === "TreeEnsembleClassifier";
  const targets = classifier ? classesOf(node) : int(node, "n_targets", 1);
  const thresholds = node.attributes.get("nodes_values")?.floats.length ?? node.attributes.get("nodes_splits")?.t?.dims[0] ?? 0;
  const nodes = ints(node, "nodes_featureids")?.length ?? thresholds;
  const roots = ints(node, "tree_roots")?.length ?? new Set(ints(node, "nodes_treeids")).size;
  const depth = Math.max(1, Math.ceil(Math.log2(nodes / Math.max(1, roots) + 1)));
  node.warn("how deep an ensemble's trees are walked depends on the data: balanced trees are counted");
  const scores = [rows, targets];
  return layer(node, {
    op: "tree_ensemble",
    outputs: classifier ? [[rows], scores] : [scores],
    dtype: classifier ? ["int64", "float32"] : "float32",
    stored: stored("nodes_splits", nodes),
    operations: { elementwise: BigInt(rows) * BigInt(roots * depth), reduction: BigInt(rows) * BigInt(roots) },
    mixes: { channels: true, space: false },
  });
};

/** Support vector machines: a kernel for each support vector, a product of each with its coefficient. */
const vectors: Rule = (node) => {
  const [rows, features] = table(inputShape(node));
  const [support, coefficients] = [floats(node, "support_vectors"), floats(node, "coefficients")];
  const classifier = node.op === "SVMClassifier";
  return layer(node, {
    op: "svm",
    outputs: classifier ? [[rows], [rows, classesOf(node)]] : [[rows, 1]],
    dtype: classifier ? ["int64", "float32"] : "float32",
    stored: [...stored("support_vectors", support), ...stored("coefficients", coefficients), ...stored("rho", floats(node, "rho"))],
    macs: BigInt(rows) * BigInt(Math.max(support, features) + coefficients),
    mixes: { channels: true, space: false },
  });
};

const same =
  (op: string, perElement: bigint, dtype?: "int64" | "float32"): Rule =>
  (node) =>
    layer(node, {
      op,
      outputs: [inputShape(node)],
      dtype,
      operations: perElement === 0n ? {} : { elementwise: perElement * elements(inputShape(node)) },
    });

/** Classic models and their preprocessing (domain ai.onnx.ml, version 5). */
export const classicRules: Readonly<Record<string, Rule>> = {
  ArrayFeatureExtractor: (node) =>
    layer(node, {
      op: "gather",
      outputs: [[...(inputShape(node).length < 2 ? [1] : inputShape(node).slice(0, -1)), Number(elements(shapeAt(node, 1)))]],
    }),
  Binarizer: same("binarizer", 1n),
  Imputer: same("imputer", 1n),
  Normalizer: same("normalizer", 3n),
  Scaler: same("scaler", 2n),
  LabelEncoder: same("label_encoder", 0n),
  CategoryMapper: same("category_mapper", 0n),
  CastMap: same("cast", 0n),
  FeatureVectorizer: (node) => {
    const widths = node.inputs.map((operand) => table(shapeOf(operand) ?? [])[1]);
    return layer(node, { op: "concat", outputs: [[table(inputShape(node))[0], widths.reduce((sum, width) => sum + width, 0)]], dtype: "float32" });
  },
  OneHotEncoder: (node) => {
    const { ints: whole = [], strings = [] } = { ints: ints(node, "cats_int64s"), strings: node.attributes.get("cats_strings")?.strings };
    return layer(node, { op: "one_hot", outputs: [[...inputShape(node), Math.max(whole.length, strings.length)]], dtype: "float32" });
  },
  LinearClassifier: linear,
  LinearRegressor: linear,
  TreeEnsemble: trees,
  TreeEnsembleClassifier: trees,
  TreeEnsembleRegressor: trees,
  SVMClassifier: vectors,
  SVMRegressor: vectors,
  // A list of maps, one a row: no tensor.
  ZipMap: () => ({ kind: "operands", operands: [{ kind: "none" }] }),
};
