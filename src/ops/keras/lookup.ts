import { fail } from "../../graph/diagnostic.js";
import type { DType } from "../../graph/dtype.js";
import type { Primitive } from "../../graph/layer.js";
import { formatShape, type Shape } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { firstInput, inference, NOTHING } from "../primitive.js";

// https://keras.io/api/layers/preprocessing_layers/categorical/ and keras/src/layers/preprocessing (Keras 3.15): compute_output_shape of each class.

/** A look-up that changes each index, or makes vectors of them: it has a table, and no weights. */
function lookup(op: string, outputShape: (inputs: readonly Shape[]) => Shape, dtype: DType | undefined): Primitive {
  return { type: "primitive", op, stores: NOTHING, axes: "plain", infer: (inputs) => inference([{ shape: outputShape(inputs), dtype }]) };
}

type Encoding = "int" | "one_hot" | "multi_hot" | "count" | "tf_idf";
const ENCODINGS = ["int", "one_hot", "multi_hot", "count", "tf_idf"] as const;

/** `one_hot` gives each index a vector, in place of a last axis of 1; the others one vector for all that stand on the last axis. */
function encoded(input: Shape, mode: Encoding, depth: number): Shape {
  if (mode === "int") return input;
  if (mode === "one_hot" && !(input.length > 1 && input.at(-1) === 1)) return [...input, depth];
  return [...input.slice(0, -1), depth];
}

const typeOf = (mode: Encoding): DType | undefined => (mode === "int" ? "int64" : undefined);

/** Entries of the table: as the file says, or as many as are written, and those for what is not among them. */
function vocabularySize(args: Args, oov: number): number {
  if (args.flag("pad_to_max_tokens") && !args.isNone("max_tokens")) return args.count("max_tokens");
  if (!args.isNone("vocabulary_size")) return args.count("vocabulary_size");
  if (args.isTuple("vocabulary")) return args.items("vocabulary").length + oov;
  return fail("data-dependent", `the vocabulary of this ${args.callee} is not written: how wide its output is depends on the data`, {
    place: args.place,
    expected: "a vocabulary, or max_tokens with pad_to_max_tokens",
  });
}

function indexLookup(op: string, args: Args): Primitive {
  const mode = args.oneOf("output_mode", ENCODINGS);
  if (mode === "int") return lookup(op, firstInput, "int64");
  const depth = vocabularySize(args, args.size("num_oov_indices"));
  return lookup(op, (inputs) => encoded(firstInput(inputs), mode, depth), undefined);
}

function textVectorization(args: Args): Primitive {
  const mode = args.oneOf("output_mode", ENCODINGS);
  if (mode !== "int") {
    const depth = vocabularySize(args, 1);
    const split = !args.isNone("split");
    return lookup("text_vectorization", (inputs) => encoded([...firstInput(inputs), ...(split ? [0] : [])], mode, depth), undefined);
  }
  if (args.isNone("output_sequence_length"))
    return fail("data-dependent", "how many words TextVectorization makes depends on the data", {
      place: args.place,
      expected: "output_sequence_length",
    });
  const length = args.count("output_sequence_length");
  return lookup("text_vectorization", (inputs) => [firstInput(inputs)[0] ?? 1, length], "int64");
}

function discretization(args: Args): Primitive {
  const mode = args.oneOf("output_mode", ENCODINGS);
  const bins = args.isTuple("bin_boundaries") ? args.items("bin_boundaries").length + 1 : args.isNone("num_bins") ? 1 : args.count("num_bins");
  // The samples of a vector of bins stand on the second axis here, not on the last.
  const shape = (input: Shape) =>
    mode === "int" || mode === "one_hot" ? encoded(input, mode, bins) : [...input.slice(0, 1), ...input.slice(2), bins];
  return lookup("discretization", (inputs) => shape(firstInput(inputs)), typeOf(mode));
}

function hashedCrossing(args: Args): Primitive {
  const mode = args.oneOf("output_mode", ["int", "one_hot"]);
  const bins = args.count("num_bins");
  return lookup(
    "hashed_crossing",
    ([left = [], right = left]) => {
      if (formatShape(left) !== formatShape(right))
        fail("shape-mismatch", `hashed_crossing cannot cross ${formatShape(left)} and ${formatShape(right)}`);
      return encoded(left, mode, bins);
    },
    typeOf(mode),
  );
}

const TABLE =
  "vocabulary=None, vocabulary_dtype=None, idf_weights=None, invert=False, output_mode='int', sparse=False, pad_to_max_tokens=False, oov_method='floormod', salt=None, encoding='utf-8', vocabulary_size=None";

/** Look-ups and encoders of categories and of text. */
export const kerasLookups: readonly CallEntry[] = [
  ...[
    ["StringLookup", "string_lookup", "None", "'[UNK]'"],
    ["IntegerLookup", "integer_lookup", "None", "-1"],
  ].map(([name = "", op = "", mask = "", oov = ""]): CallEntry => ({
    names: [name],
    signature: `max_tokens=None, num_oov_indices=1, mask_token=${mask}, oov_token=${oov}, ${TABLE}, ${KERAS_LAYER}`,
    build: (args) => indexLookup(op, args),
  })),
  {
    names: ["TextVectorization"],
    signature: `max_tokens=None, standardize='lower_and_strip_punctuation', split='whitespace', ngrams=None, output_mode='int', output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None, idf_weights=None, sparse=False, ragged=False, encoding='utf-8', vocabulary_size=None, ${KERAS_LAYER}`,
    build: textVectorization,
  },
  {
    names: ["Hashing"],
    signature: `num_bins, mask_value=None, salt=None, output_mode='int', sparse=False, ${KERAS_LAYER}`,
    build: (args) => {
      const mode = args.oneOf("output_mode", ENCODINGS);
      const bins = args.count("num_bins");
      // One bin after the other: one_hot takes the place of the last axis, too.
      return lookup("hashing", (inputs) => (mode === "int" ? firstInput(inputs) : [...firstInput(inputs).slice(0, -1), bins]), typeOf(mode));
    },
  },
  {
    names: ["HashedCrossing"],
    signature: `num_bins, output_mode='int', sparse=False, ${KERAS_LAYER}`,
    build: hashedCrossing,
  },
  {
    names: ["Discretization"],
    signature: `bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode='int', sparse=False, ${KERAS_LAYER}`,
    build: discretization,
  },
  {
    names: ["CategoryEncoding"],
    signature: `num_tokens=None, output_mode='multi_hot', sparse=False, ${KERAS_LAYER}`,
    build: (args) => {
      const mode = args.oneOf("output_mode", ENCODINGS);
      const tokens = args.count("num_tokens");
      return lookup("category_encoding", (inputs) => encoded(firstInput(inputs), mode, tokens), undefined);
    },
  },
];
