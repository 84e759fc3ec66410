import { elements, type Shape } from "../../../graph/shape.js";
import type { Primitive } from "../../../graph/layer.js";
import type { Args } from "../../args.js";
import type { CallEntry } from "../../entry.js";
import { broadcast, split } from "../../join.js";
import { firstInput, inference, resolveAxis } from "../../primitive.js";
import { moving } from "./shape.js";

// keras/src/ops/numpy.py, core.py, math.py and nn.py: functions that take tensors apart, and look elements up.

function splitBy(args: Args): Primitive {
  const fixed: Readonly<Record<string, number>> = { Vsplit: 0, Hsplit: 1, Dsplit: 2 };
  const axis = fixed[args.callee] ?? args.integer("axis");
  const written = args.value("indices_or_sections");
  if (written.kind !== "tuple") return split(args.count("indices_or_sections"), axis);
  const ends = args.integers("indices_or_sections", 0);
  return {
    ...split(1, axis),
    infer(inputs) {
      const input = firstInput(inputs);
      const length = input[resolveAxis("split", axis, input.length)] ?? 0;
      const all = [0, ...ends, length];
      const sizes = all.slice(1).map((end, index) => end - (all[index] ?? 0));
      return split(sizes, axis).infer(inputs);
    },
  };
}

function unstacked(args: Args): Primitive {
  const axis = args.integer("axis");
  return {
    ...moving("unstack", firstInput, { view: true }),
    infer(inputs) {
      const input = firstInput(inputs);
      const at = resolveAxis("unstack", axis, input.length);
      const shape = input.filter((_, index) => index !== at);
      return inference(Array.from({ length: input[at] ?? 0 }, () => ({ shape })));
    },
  };
}

function taken(args: Args): Primitive {
  const axis = args.isNone("axis") ? undefined : args.integer("axis");
  return moving("take", ([input = [], indices = []]) => {
    if (axis === undefined) return indices;
    const at = resolveAxis("take", axis, input.length);
    return [...input.slice(0, at), ...indices, ...input.slice(at + 1)];
  });
}

/** The indices stand for a whole axis; along the others they are broadcast (numpy.take_along_axis). */
function takenAlong(args: Args): Primitive {
  const axis = args.isNone("axis") ? undefined : args.integer("axis");
  return moving("take_along_axis", ([input = [], indices = input]) => {
    if (axis === undefined) return indices;
    const at = resolveAxis("take_along_axis", axis, input.length);
    const along = (shape: Shape) => shape.map((size, index) => (index === at ? 1 : size));
    return broadcast("take_along_axis", along(input), along(indices)).map((size, index) => (index === at ? (indices[at] ?? size) : size));
  });
}

function topK(args: Args): Primitive {
  const count = args.count("k");
  return {
    ...moving("top_k", firstInput),
    infer(inputs) {
      const shape = [...firstInput(inputs).slice(0, -1), count];
      return inference([{ shape }, { shape, dtype: "int32" }], { operations: { elementwise: elements(firstInput(inputs)) } });
    },
  };
}

function oneHot(args: Args): Primitive {
  const [classes, axis] = [args.count("num_classes"), args.integer("axis")];
  const isMulti = args.callee === "MultiHot";
  return moving(isMulti ? "multi_hot" : "one_hot", (inputs) => {
    const input = firstInput(inputs);
    const base = isMulti && input.length > 1 ? input.filter((_, index) => index !== 1) : input;
    const at = resolveAxis("one_hot", axis, base.length + 1);
    return [...base.slice(0, at), classes, ...base.slice(at)];
  });
}

export const partFunctions: readonly CallEntry[] = [
  { names: ["Unstack"], signature: "num=None, axis=0", build: unstacked },
  { names: ["Split", "ArraySplit"], signature: "indices_or_sections, axis=0", build: splitBy },
  { names: ["Vsplit", "Hsplit", "Dsplit"], signature: "indices_or_sections", build: splitBy },
  { names: ["Take"], signature: "axis=None", build: taken },
  { names: ["TakeAlongAxis"], signature: "axis=None", build: takenAlong },
  { names: ["TopK"], signature: "k, sorted=True", build: topK },
  { names: ["OneHot", "MultiHot"], signature: "num_classes, axis=-1, dtype=None, sparse=False", build: oneHot },
];
