import { fail } from "../graph/diagnostic.js";
import type { Graph, Node } from "../graph/graph.js";
import type { Axes, Layer, TensorType } from "../graph/layer.js";
import { parseShape } from "./shape-text.js";
import { formatShape, type Shape } from "../graph/shape.js";
import { fromLayout, type Layout } from "./layout.js";

export interface InputOptions {
  /** Shape of the input, batch included or not: `[1, 3, 224, 224]` or `"3x224x224"`. */
  readonly input?: string | Shape | undefined;
  readonly batch?: number | undefined;
  readonly layout?: Layout | undefined;
}

export interface ResolvedInput extends TensorType {
  readonly axes: Axes;
}

/**
 * The graph's input, channels first and with its batch: from the options, else from what the spec itself says.
 * Throws `missing-input` where nothing tells it, `bad-size` where a size is zero.
 */
export function resolveInput(graph: Graph, options: InputOptions): ResolvedInput {
  const lead = leadingLayer(graph);
  const axes = lead?.axes ?? "plain";
  const written = options.input === undefined ? undefined : typeof options.input === "string" ? parseShape(options.input) : options.input;
  const shape = written === undefined ? withBatch(lead, impliedShape(graph, lead), options.batch) : writtenShape(lead, axes, written, options);
  requirePositive(shape, graph.nodes[0]);
  return { shape, axes, dtype: lead?.inputDtype };
}

/**
 * The first layer that reads its axes in an order of its own: it decides what the input means. A norm over channels takes any rank, so the
 * layer after it is asked, if that one does not.
 */
function leadingLayer(graph: Graph): Layer | undefined {
  const ordered = graph.nodes.map((node) => node.layer).filter((layer) => layer.axes !== "any");
  const [first] = ordered;
  if (first?.axes !== "channels" || first.ranks !== undefined) return first;
  const next = ordered.find((layer) => layer.ranks !== undefined || layer.axes !== "channels");
  return next?.axes === "channels" ? { ...first, ranks: next.ranks } : first;
}

function impliedShape(graph: Graph, lead: Layer | undefined): Shape {
  const [input] = graph.inputs;
  const stated = input?.type?.shape;
  // Of four dimensions and more, channels last are images, whatever reads them first.
  const turns = input?.channelsLast === true && (lead?.axes === "channels" || (stated?.length ?? 0) >= 4);
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
