import { arg, archive, ints, meta, node, tensor } from "../../test/read/pt2-model.js";
import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { contradicting, made, ports, type Port } from "./ports.js";

interface Operator {
  readonly target: string;
  readonly ports: readonly Port[];
  readonly output: string;
  /** Names of the arguments that the ports are, in their order. */
  readonly names: readonly string[];
  readonly more?: readonly object[];
  readonly int?: boolean;
}

const whole = (name: string, value: number) => arg(name, { as_int: value });
const [X, WEIGHTS] = ["input", ["input", "weight", "bias"]] as const;

/** Operators of ATen that read weights, and what they make. */
export const PT2_OPERATORS: readonly Operator[] = [
  { target: "conv2d.default", names: WEIGHTS, ports: ports("1 C 8 8", "M C K L", "M"), output: "1 M 8 8", more: [arg("padding", ints(1, 1))] },
  { target: "conv2d.default", names: WEIGHTS, ports: ports("1 C 8 8", "M C K L"), output: "1 M 8 8", more: [arg("padding", ints(1, 1))] },
  {
    target: "conv2d.default",
    names: WEIGHTS,
    ports: ports("1 2C 8 8", "2M C K L", "2M"),
    output: "1 2M 8 8",
    more: [arg("padding", ints(1, 1)), whole("groups", 2)],
  },
  { target: "conv1d.default", names: WEIGHTS, ports: ports("1 C 8", "M C K", "M"), output: "1 M 8", more: [arg("padding", ints(1))] },
  {
    target: "conv_transpose2d.input",
    names: WEIGHTS,
    ports: ports("1 C 8 8", "C M K L", "M"),
    output: "1 M 8 8",
    more: [arg("padding", ints(1, 1))],
  },
  { target: "linear.default", names: WEIGHTS, ports: ports("2 F", "M F", "~M"), output: "2 M" },
  { target: "linear.default", names: WEIGHTS, ports: ports("2 F", "M F"), output: "2 M" },
  { target: "addmm.default", names: ["mat1", "self", "mat2"], ports: ports("2 F", "~M", "F M"), output: "2 M" },
  { target: "mm.default", names: ["self", "mat2"], ports: ports("2 F", "F M"), output: "2 M" },
  { target: "matmul.default", names: ["self", "other"], ports: ports("2 6 F", "~F M"), output: "2 6 M" },
  {
    target: "batch_norm.default",
    names: [...WEIGHTS, "running_mean", "running_var"],
    ports: ports("2 C 8 8", "C", "C", "C", "C"),
    output: "2 C 8 8",
  },
  {
    target: "layer_norm.default",
    names: [X, "weight", "bias"],
    ports: ports("2 6 F", "F", "F"),
    output: "2 6 F",
    more: [arg("normalized_shape", ints(11))],
  },
  { target: "group_norm.default", names: WEIGHTS, ports: ports("2 C 8 8", "C", "C"), output: "2 C 8 8", more: [whole("num_groups", 5)] },
  {
    target: "instance_norm.default",
    names: [...WEIGHTS, "running_mean", "running_var"],
    ports: ports("2 C 8 8", "C", "C", "C", "C"),
    output: "2 C 8 8",
  },
  { target: "prelu.default", names: ["self", "weight"], ports: ports("1 C 8 8", "~C"), output: "1 C 8 8" },
  { target: "embedding.default", names: ["indices", "weight"], ports: ports("2 6", "V H"), output: "2 6 H", int: true },
];

/** An archive of one operator. */
export function pt2Operator({ target, names, more = [], int = false }: Operator, shapes: readonly (readonly number[])[]): Uint8Array {
  const inputs = shapes.slice(0, -1);
  const output = shapes.at(-1) ?? [];
  const tensors = inputs.map((_, index) => (index === 0 ? "x" : `p${index}`));
  const args = tensors.map((name, index) => arg(names[index] ?? "", tensor(name)));
  return archive({
    nodes: [node(target, [...args, ...more], "y", "block.0")],
    values: Object.fromEntries<object>([
      ...tensors.map((name, index): [string, object] => [name, meta(inputs[index] ?? [], index === 0 && int ? 5 : 7)]),
      ["y", meta(output)],
    ]),
    parameters: tensors.slice(1),
    output: "y",
  });
}

export const withOutput = ({ ports: list, output }: Pick<Operator, "ports" | "output">): readonly Port[] => [...list, made(output)];

/** One operator whose weights contradict each other, or the sizes of what it makes. */
export function pt2Weights(random: Random): Case {
  const operator = random.pick(PT2_OPERATORS);
  const { shapes, what } = contradicting(withOutput(operator), random);
  return {
    argv: ["model.pt2"],
    files: { "model.pt2": pt2Operator(operator, shapes) },
    claim: { kind: "contradicts", what: `${operator.target}: ${what}` },
  };
}
