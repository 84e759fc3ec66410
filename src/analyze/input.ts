import { fail } from "../graph/diagnostic.js";
import type { Graph, GraphInput, Node } from "../graph/graph.js";
import { isLayout, type Axes, type Layer, type TensorType } from "../graph/layer.js";
import { formatShape, type Shape } from "../graph/shape.js";
import { channelAxis, imageShape, type Layout } from "../graph/layout.js";
import { orderOf, withBatch, writtenInputs, writtenShape, type InputShapes, type OrderedShape, type Reader } from "../graph/written-input.js";

export interface InputOptions {
  /** Shape of the only input, or shapes by the inputs' names. */
  readonly input?: InputShapes | undefined;
  readonly batch?: number | undefined;
  readonly layout?: Layout | undefined;
}

export interface ResolvedInput extends TensorType {
  readonly axes: Axes;
  readonly ownOrder?: boolean | undefined;
}

/**
 * The graph's inputs, with their batch and in the order of the layers that read them: from the options, else from what the source itself says.
 * Throws `missing-input` where nothing tells one, `unknown-input` where a name is none of the graph's, `bad-size` where a size is zero.
 */
export function resolveInputs(graph: Graph, options: InputOptions): readonly ResolvedInput[] {
  const written = writtenInputs(
    graph.inputs.map(({ name }) => name),
    options.input,
  );
  return graph.inputs.map((input) => resolveInput(graph, input, written.get(input.name), options));
}

function resolveInput(graph: Graph, input: GraphInput, written: Shape | undefined, options: InputOptions): ResolvedInput {
  if (input.axes !== undefined && input.type !== undefined) return { ...input.type, axes: input.axes };
  const reader = readerOf(graph, input);
  const { lead } = reader;
  const known = written === undefined ? impliedShape(graph, input, reader, options) : writtenShape(reader, written, options);
  requirePositive(known, graph.nodes[0]);
  return { ...known, dtype: input.type?.dtype ?? lead?.inputDtype };
}

/** What is known of an input from the layers that read it first; an input that is written as a layer (keras.Input) has its framework's order. */
function readerOf(graph: Graph, input: GraphInput): Reader {
  const first = graph.nodes.find(({ inputs }) => inputs.includes(input.name))?.layer;
  return { lead: leadingLayer(graph, input.name), imageOrder: input.imageOrder ?? first?.imageOrder };
}

/**
 * What is said of shapes of three sizes that were typed, where no layer tells whether they have a batch: PyTorch takes the first size as one, and who
 * means an image is told.
 */
export function inputWarnings(graph: Graph, options: InputOptions): readonly string[] {
  const written = writtenInputs(
    graph.inputs.map(({ name }) => name),
    options.input,
  );
  return graph.inputs.flatMap((input) => {
    const shape = written.get(input.name);
    if (shape?.length !== 3 || input.axes !== undefined || options.batch !== undefined || shape[0] === 1) return [];
    const lead = leadingLayer(graph, input.name);
    const image = lead !== undefined && isLayout(lead.axes);
    if (lead?.ranks !== undefined || !(image || isFlattened(graph, input.name))) return [];
    const text = formatShape(shape);
    return [
      `no layer tells whether the input ${text} has a batch: its first size, ${shape[0] ?? 0}, is taken for one; an image is --input 1x${text}`,
    ];
  });
}

/** Whether the layer that reads an input first, after those that take any shape, flattens it. */
function isFlattened(graph: Graph, input: string): boolean {
  const reached = new Set([input]);
  for (const { layer, inputs, outputs } of graph.nodes) {
    if (!inputs.some((name) => reached.has(name))) continue;
    if (layer.op === "flatten") return true;
    if (layer.axes !== "any") return false;
    for (const output of outputs) reached.add(output);
  }
  return false;
}

/**
 * The first layer after an input that reads its axes in an order of its own: it decides what the input means. A norm over channels takes
 * any rank, so the layer after it is asked, if that one does not.
 */
function leadingLayer(graph: Graph, input: string): Layer | undefined {
  const reached = new Set([input]);
  let norm: Layer | undefined;
  for (const { layer, inputs, outputs } of graph.nodes) {
    if (!inputs.some((name) => reached.has(name))) continue;
    for (const output of outputs) reached.add(output);
    if (layer.axes === "any") continue;
    const decides = !isLayout(layer.axes) || layer.ranks !== undefined;
    if (norm !== undefined && decides) return isLayout(layer.axes) ? { ...norm, ranks: layer.ranks } : norm;
    if (decides) return layer;
    norm ??= layer;
  }
  return norm;
}

/** The input that the source says, or that its layers imply. */
function impliedShape(graph: Graph, input: GraphInput, reader: Reader, { batch, layout }: InputOptions): OrderedShape {
  const { lead } = reader;
  const ordered = (shape: Shape): OrderedShape => ({ shape: withBatch(lead, shape, batch), ...orderOf(reader, shape.length) });
  const stated = input.type?.shape;
  if (stated !== undefined) return ordered(stated);
  const at = graph.nodes[0]?.at;
  if (at !== undefined && lead?.inChannels !== undefined && isLayout(lead.axes))
    return ordered(imageShape({ batch: 1, channels: lead.inChannels, space: at }, lead.axes));
  const implied = lead?.impliedInput?.shape;
  return implied === undefined ? missingInput(graph, lead, layout) : ordered(implied);
}

function missingInput(graph: Graph, lead: Layer | undefined, layout: Layout | undefined): never {
  const spatial = Math.max(0, (lead?.ranks?.[0] ?? 4) - 2);
  const channels = lead?.inChannels ?? 3;
  const order = layout ?? (lead !== undefined && isLayout(lead.axes) ? lead.axes : "nchw");
  const image = imageShape({ batch: 1, channels, space: Array<number>(spatial).fill(56) }, order).slice(1);
  const sizes = lead?.axes === "plain" ? [10, 64] : image;
  const example = formatShape(sizes);
  const missing = graph.nodes[0]?.at === undefined ? "the input shape is not known" : "the input's channels are not known";
  return fail("missing-input", missing, {
    place: graph.nodes[0]?.place,
    expected: "--input SHAPE",
    hint: `for example --input ${example}${lead?.inChannels !== undefined || lead?.axes === "nchw" ? ", or @56x56 after a layer of known channels" : ""}`,
  });
}

// Zero channels are PyTorch's own corner: it takes them where the layer says in_channels=0, and nowhere else is an empty tensor meant.
function requirePositive({ shape, axes }: OrderedShape, first: Node | undefined): void {
  const channels = isLayout(axes) ? channelAxis(axes, shape.length) : 1;
  const wrong = shape.findIndex((size, axis) => size < 1 && !(axis === channels && first?.layer.allowsNoChannels === true));
  if (wrong < 0) return;
  fail("bad-size", `dimension ${wrong} of the input ${formatShape(shape)} is ${shape[wrong] ?? 0}`, {
    place: { kind: "flag", flag: "--input" },
    expected: "sizes of 1 or more",
  });
}
