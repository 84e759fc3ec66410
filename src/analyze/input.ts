import { fail } from "../graph/diagnostic.js";
import type { Graph, GraphInput, Node } from "../graph/graph.js";
import type { Axes, Layer, TensorType } from "../graph/layer.js";
import { parseShape } from "./shape-text.js";
import { formatShape, type Shape } from "../graph/shape.js";
import { fromLayout, type Layout } from "./layout.js";

/** A shape, batch included or not: `[1, 3, 224, 224]` or `"3x224x224"`. */
export type WrittenShape = string | Shape;

export interface InputOptions {
  /** Shape of the only input, or shapes by the inputs' names. */
  readonly input?: WrittenShape | Readonly<Record<string, WrittenShape>> | undefined;
  readonly batch?: number | undefined;
  readonly layout?: Layout | undefined;
}

export interface ResolvedInput extends TensorType {
  readonly axes: Axes;
}

/** The name under which the one input of a graph can always be set. */
const ANY_NAME = "x";

/**
 * The graph's inputs, channels first and with their batch: from the options, else from what the source itself says.
 * Throws `missing-input` where nothing tells one, `unknown-input` where a name is none of the graph's, `bad-size` where a size is zero.
 */
export function resolveInputs(graph: Graph, options: InputOptions): readonly ResolvedInput[] {
  const written = writtenInputs(graph.inputs.map(({ name }) => name), options.input);
  return graph.inputs.map((input) => resolveInput(graph, input, written.get(input.name), options));
}

/** The shapes that were set, by the name of the input. Throws `unknown-input`. */
export function writtenInputs(names: readonly string[], input: InputOptions["input"]): ReadonlyMap<string, Shape> {
  if (input === undefined) return new Map();
  const shapes = typeof input === "string" || isShape(input) ? { [ANY_NAME]: input } : input;
  const [only] = names;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const sole = name === ANY_NAME && names.length === 1 ? only : undefined;
      const found = names.includes(name) ? name : sole;
      return [found ?? unknownInput(names, name), typeof shape === "string" ? parseShape(shape) : shape];
    }),
  );
}

function isShape(input: Shape | Readonly<Record<string, WrittenShape>>): input is Shape {
  return Array.isArray(input);
}

function unknownInput(names: readonly string[], name: string): never {
  const message = name === ANY_NAME && names.length > 1 ? `the model has ${names.length} inputs: say which one this is` : `there is no input '${name}'`;
  return fail("unknown-input", message, {
    place: { kind: "flag", flag: "--input" },
    expected: names.map((known) => `--input ${known}=SHAPE`).join(", "),
  });
}

function resolveInput(graph: Graph, input: GraphInput, written: Shape | undefined, options: InputOptions): ResolvedInput {
  const lead = leadingLayer(graph, input.name);
  const axes = lead?.axes ?? "plain";
  const shape =
    written === undefined ? withBatch(lead, impliedShape(graph, input, lead), options.batch) : writtenShape(lead, axes, written, options);
  requirePositive(shape, graph.nodes[0]);
  return { shape, axes, dtype: input.type?.dtype ?? lead?.inputDtype };
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
    const decides = layer.axes !== "channels" || layer.ranks !== undefined;
    if (norm !== undefined && decides) return layer.axes === "channels" ? { ...norm, ranks: layer.ranks } : norm;
    if (decides) return layer;
    norm ??= layer;
  }
  return norm;
}

function impliedShape(graph: Graph, input: GraphInput, lead: Layer | undefined): Shape {
  const stated = input.type?.shape;
  // Of four dimensions and more, channels last are images, whatever reads them first.
  const turns = input.channelsLast === true && (lead?.axes === "channels" || (stated?.length ?? 0) >= 4);
  if (stated !== undefined) return turns ? fromLayout(stated, "nhwc", true) : stated;
  const at = graph.nodes[0]?.at;
  if (at !== undefined && lead?.inChannels !== undefined) return [1, lead.inChannels, ...at];
  const implied = lead?.impliedInput?.shape;
  if (implied !== undefined) return implied;
  return missingInput(graph, lead);
}

function missingInput(graph: Graph, lead: Layer | undefined): never {
  const spatial = Math.max(0, (lead?.ranks?.[0] ?? 4) - 2);
  const channels = lead?.inChannels ?? 3;
  const sizes = lead?.axes === "plain" ? [10, 64] : [channels, ...Array<number>(spatial).fill(56)];
  const example = formatShape(sizes);
  const missing = graph.nodes[0]?.at === undefined ? "the input shape is not known" : "the input's channels are not known";
  return fail("missing-input", missing, {
    place: graph.nodes[0]?.place,
    expected: "--input SHAPE",
    hint: `for example --input ${example}${lead?.axes === "channels" ? ", or @56x56 after a layer of known channels" : ""}`,
  });
}

function writtenShape(lead: Layer | undefined, axes: Axes, written: Shape, options: InputOptions): Shape {
  const batched = lead?.ranks === undefined || !lacksBatch(lead, written);
  const ordered = options.layout === "nhwc" && axes === "channels" ? fromLayout(written, "nhwc", batched) : written;
  return withBatch(lead, ordered, options.batch);
}

function lacksBatch(lead: Layer, shape: Shape): boolean {
  return lead.ranks !== undefined && !lead.ranks.includes(shape.length) && lead.ranks.includes(shape.length + 1);
}

function withBatch(lead: Layer | undefined, shape: Shape, batch: number | undefined): Shape {
  const axis = lead?.batchAxis ?? 0;
  if (lead !== undefined && lacksBatch(lead, shape)) return [...shape.slice(0, axis), batch ?? 1, ...shape.slice(axis)];
  if (batch === undefined) return shape;
  return shape.map((size, index) => (index === axis ? batch : size));
}

// Zero channels are PyTorch's own corner: it takes them where the layer says in_channels=0, and nowhere else is an empty tensor meant.
function requirePositive(shape: Shape, first: Node | undefined): void {
  const wrong = shape.findIndex((size, axis) => size < 1 && !(axis === 1 && first?.layer.allowsNoChannels === true));
  if (wrong < 0) return;
  fail("bad-size", `dimension ${wrong} of the input ${formatShape(shape)} is ${shape[wrong] ?? 0}`, {
    place: { kind: "flag", flag: "--input" },
    expected: "sizes of 1 or more",
  });
}
