import { broadcast } from "../../../ops/join.js";
import { fixed } from "../fixed.js";
import { int, ints } from "../attributes.js";
import { inputShape, shapeAt, unknown, type Rule } from "../operand.js";

/** TfIdfVectorizer (ONNX, version 9): a weight for each n-gram of the pool. */
const tfIdf: Rule = (node) => {
  const shape = inputShape(node);
  const width = Math.max(-1, ...(ints(node, "ngram_indexes") ?? [])) + 1;
  return { kind: "layer", layer: fixed({ op: "tfidf", outputs: [[...shape.slice(0, -1), width]], dtype: "float32" }), inputs: node.inputs };
};

/** StringNormalizer (ONNX, version 10): drops what its list says. */
const normalizer: Rule = (node) => {
  const shape = inputShape(node);
  if ((node.attributes.get("stopwords")?.strings.length ?? 0) > 0)
    return unknown("how many strings StringNormalizer keeps depends on the data", [...shape.slice(0, -1), null]);
  return { kind: "layer", layer: fixed({ op: "string_normalizer", outputs: [shape] }), inputs: node.inputs };
};

/** Operators on strings: no arithmetic is counted of them. */
export const textRules: Readonly<Record<string, Rule>> = {
  TfIdfVectorizer: tfIdf,
  StringNormalizer: normalizer,
  StringSplit: (node) => unknown("into how many parts StringSplit splits depends on the data", [...inputShape(node), null], inputShape(node)),
  StringConcat: (node) => ({
    kind: "layer",
    layer: fixed({ op: "string_concat", outputs: [broadcast("StringConcat", shapeAt(node, 0), shapeAt(node, 1))] }),
    inputs: node.inputs,
  }),
  RegexFullMatch: (node) => ({
    kind: "layer",
    layer: fixed({ op: "regex_full_match", outputs: [inputShape(node)], dtype: "bool" }),
    inputs: node.inputs,
  }),
};

/** Strings hashed to numbers (com.microsoft). */
export const murmurHash: Rule = (node) => ({
  kind: "layer",
  layer: fixed({ op: "murmur_hash", outputs: [inputShape(node)], dtype: int(node, "positive", 1) === 1 ? "uint32" : "int32" }),
  inputs: node.inputs,
});
