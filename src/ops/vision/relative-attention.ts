import { fail } from "../../graph/diagnostic.js";
import type { Composite, Expansion, Value } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { softmax } from "../activation.js";
import { matmul, reshapeTo } from "../arithmetic.js";
import type { Args } from "../args.js";
import { calledAs } from "../called-as.js";
import type { CallEntry } from "../entry.js";
import { split } from "../join.js";
import { linear } from "../linear.js";
import { elementwise, requireRank } from "../primitive.js";
import { movement } from "../tensor/reshape.js";
import { storing } from "./storing.js";

interface RelativeAttention {
  readonly featDim: number;
  readonly headDim: number;
  /** Tokens that attend to each other: a square of them. */
  readonly tokens: number;
}

/**
 * Attention with a learned bias for each relative position, over tensors of B, G, P, D: groups of P tokens (MaxViT, arXiv 2204.01697, section 3.2;
 * torchvision, RelativePositionalMultiHeadAttention). Throws `feature-mismatch`, `size-mismatch`.
 */
function relativeAttention(options: RelativeAttention): Composite {
  return {
    type: "composite",
    op: "relative_positional_attention",
    axes: "plain",
    ranks: [4],
    attributes: { embedDim: options.featDim, numHeads: options.featDim / options.headDim, maxSeqLen: options.tokens },
    expand: (steps, [input]) => (input === undefined ? [] : [attend(options, calledInside(steps), input)]),
  };
}

/** As torchvision's maxvit.py calls them: `to_qkv` and `merge` are modules, scores and weights torch.einsum and F.softmax. */
function calledInside(steps: Expansion): Expansion {
  const functions: readonly string[] = ["einsum", "softmax"];
  const how = (op: string) => (op === "linear" ? "module" : functions.includes(op) ? "function" : "operator");
  return { add: (name, layer, inputs) => steps.add(name, calledAs(how(layer.op), layer), inputs) };
}

function attend({ featDim, headDim, tokens }: RelativeAttention, steps: Expansion, input: Value): Value {
  requireRank("relative_positional_attention", input.shape, [4], "B, G, P, D");
  const [batch = 0, groups = 0, length = 0, features = 0] = input.shape;
  if (features !== featDim) fail("feature-mismatch", `relative_positional_attention expects ${featDim} features, and its input has ${features}`);
  if (length !== tokens)
    fail("size-mismatch", `relative_positional_attention has biases for ${tokens} tokens, and its input has groups of ${length}`);
  const heads = featDim / headDim;
  const side = Math.round(Math.sqrt(tokens));
  const [qkv] = steps.add("to_qkv", linear({ outFeatures: 3 * featDim, bias: true }), [input]);
  const [q, k, v] = steps.add("chunk", split(3, -1), [qkv]);
  if (k === undefined || v === undefined) throw new Error("a split in three has three outputs");
  const perHead: Shape = [batch, groups, heads, tokens, headDim];
  const view = (name: string, value: Value) =>
    steps.add(
      name,
      reshapeTo(name, () => perHead),
      [value],
    )[0];
  const [queries, keys, values] = [view("q_heads", q), view("k_heads", k), view("v_heads", v)];
  const [scaled] = steps.add("scale", elementwise("scale", "elementwise", 1n), [keys]);
  const [scores] = steps.add("qk", matmul(true, "einsum"), [queries, scaled]);
  const addition = storing(elementwise("add", "elementwise", 1n), "relative_position_index", "buffer", [tokens, tokens]);
  const table: Shape = [(2 * side - 1) * (2 * side - 1), heads];
  const [biased] = steps.add("relative_position_bias", storing(addition, "relative_position_bias_table", "parameter", table), [scores]);
  const [weights] = steps.add("softmax", softmax(-1), [biased]);
  const [mixed] = steps.add("av", matmul(false, "einsum"), [weights, values]);
  const [merged] = steps.add(
    "merge_heads",
    movement("merge_heads", "plain", () => input.shape),
    [mixed],
  );
  return steps.add("merge", linear({ outFeatures: featDim, bias: true }), [merged])[0];
}

function fromArgs(args: Args): Composite {
  const options = { featDim: args.count("feat_dim"), headDim: args.count("head_dim"), tokens: args.count("max_seq_len") };
  if (options.featDim % options.headDim !== 0) args.fail("head_dim", `feat_dim ${options.featDim} is not divisible by head_dim ${options.headDim}`);
  if (!Number.isInteger(Math.sqrt(options.tokens))) args.fail("max_seq_len", `max_seq_len ${options.tokens} is no square`, "a square, as in 49");
  return relativeAttention(options);
}

export const torchRelativeAttentions: readonly CallEntry[] = [
  { names: ["RelativePositionalMultiHeadAttention"], signature: "feat_dim, head_dim, max_seq_len", build: fromArgs },
];
