import { fail } from "../../graph/diagnostic.js";
import { formatShape, type Shape } from "../../graph/shape.js";
import { int } from "./attributes.js";
import { type NodeFacts } from "./operand.js";
import type { Expected } from "./port-check.js";

/** How an operator stores its filter. */
export interface Filter {
  /** Positions of what is read, the filter and the bias; there may be no bias. */
  readonly input?: number;
  readonly weight: number;
  readonly bias?: number;
  /** The filter's axes: `M` what it makes, `C` the channels that it reads, `*` its kernel, `1` an axis of size 1. */
  readonly axes: string;
  readonly connects: keyof typeof CONNECTS;
  /** The channels of the input stand behind its space, as they do unless said. */
  readonly isLast?: (node: NodeFacts) => boolean;
  /** How often the filter stores what it makes: for each channel, or for each group. */
  readonly times?: (node: NodeFacts, read: number) => number;
}

/** Whether a filter that makes `made` channels of `read` fits an input of so many channels. */
const CONNECTS = {
  all: (channels: number, read: number) => channels === read,
  groups: (channels: number, read: number) => read > 0 && channels % read === 0,
  multiplied: (channels: number, _: number, made: number) => channels > 0 && made % channels === 0,
  /** The number of groups is an attribute, and the convolution checks it. */
  byAttribute: () => true,
} as const;

/**
 * A filter whose kernel takes something and whose channels are those of the input, and its bias. A filter of another rank is left to its operator.
 * Throws `channel-mismatch`, and `bad-onnx` for a kernel of size 0.
 */
export const filter =
  ({ input = 0, weight, bias = -1, axes, connects, isLast = () => true, times = () => 1 }: Filter): Expected =>
  (node, shape) => {
    const [x, stored] = [shape(input), shape(weight)];
    const parts = stored && partsOf(axes, stored);
    if (parts === undefined) return {};
    const { kernel, made, read } = parts;
    if (kernel.includes(0)) fail("bad-onnx", `the kernel of ${node.op} is ${formatShape(kernel)}`, { expected: "sizes of 1 or more" });
    if (made === 0 || read === 0) fail("bad-onnx", `the weight of ${node.op} is ${formatShape(stored ?? [])}`, { expected: "sizes of 1 or more" });
    const channels = x?.length === kernel.length + 2 ? (isLast(node) ? x.at(-1) : x[1]) : undefined;
    if (channels !== undefined && !CONNECTS[connects](channels, read, made)) refuse(node, connects, channels, parts);
    return { exact: { [weight]: axes.startsWith("1") ? [1, ...kernel, null] : undefined, [bias]: [made * times(node, read)] } };
  };

function refuse(node: NodeFacts, connects: Filter["connects"], channels: number, { made, read }: Parts): never {
  if (connects === "multiplied") fail("channel-mismatch", `a depthwise convolution cannot make ${made} channels of ${channels}`);
  fail("channel-mismatch", `the filter of ${node.op} reads ${read} channels, but its input has ${channels}`, {
    expected: connects === "groups" ? `a number that divides ${channels}` : `${channels}`,
  });
}

interface Parts {
  readonly kernel: Shape;
  readonly made: number;
  readonly read: number;
}

/** The parts of a filter by the letters of its axes; nothing where it has no axis for a kernel. */
function partsOf(axes: string, shape: Shape): Parts | undefined {
  const star = axes.indexOf("*");
  const count = shape.length - axes.length + 1;
  if (count < 1) return undefined;
  const size = (letter: string) => {
    const at = axes.indexOf(letter);
    return (at < 0 ? undefined : shape[at < star ? at : at + count - 1]) ?? 1;
  };
  return { kernel: shape.slice(star, star + count), made: size("M"), read: size("C") };
}

/** As many groups as the attribute says: of what a transposed convolution of ONNX makes, its filter stores one. */
export const perGroup = (node: NodeFacts): number => int(node, "group", 1);
