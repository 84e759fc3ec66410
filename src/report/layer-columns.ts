import type { Analysis, LayerAnalysis } from "../analyze/analysis.js";
import type { Group } from "../analyze/group.js";
import { fail } from "../graph/diagnostic.js";
import { formatShape } from "../graph/shape.js";

export type Units = "auto" | "raw";

/** What a row is made of: a layer, or figures of several. */
export interface LayerRow {
  readonly label: string;
  readonly layer: LayerAnalysis | undefined;
  readonly figures: LayerAnalysis | Analysis["totals"] | Group;
}

/** What a column shows of a row. */
export type Cell =
  | { readonly type: "text"; readonly text: (row: LayerRow) => string }
  | { readonly type: "count" | "bytes"; readonly figure: "params" | "buffers" | "macs" | "flops" | "weightBytes" | "activationBytes" | "bytesMoved" }
  | { readonly type: "whole"; readonly value: (row: LayerRow) => number }
  | { readonly type: "intensity" }
  /** What the convention asked for counts, in its unit. */
  | { readonly type: "counted" }
  | { readonly type: "share" };

/** A column: what stands above it, and what it shows of each row. */
export interface Definition {
  readonly title: string;
  readonly cell: Cell;
}

const text = (title: string, read: (layer: LayerAnalysis) => string): Definition => ({
  title,
  cell: { type: "text", text: ({ layer }) => (layer === undefined ? "" : read(layer)) },
});
const shapes = (list: LayerAnalysis["outputs"]) => list.map(formatShape).join(", ");

/** What a row of layers can show, by the name that `--columns` and `--sort` take. */
export const COLUMNS = {
  layer: { title: "layer", cell: { type: "text", text: ({ label }) => label } },
  layers: { title: "layers", cell: { type: "whole", value: ({ figures }) => ("layers" in figures ? figures.layers : 1) } },
  uncounted: { title: "uncounted", cell: { type: "whole", value: ({ figures }) => uncountedOf(figures) } },
  op: text("op", (layer) => (layer.times === undefined ? layer.op : `${layer.op} x${layer.times}`)),
  kind: text("kind", (layer) => layer.kind ?? ""),
  kernel: text("kernel", (layer) => kernelOf(layer)),
  input: text("input", (layer) => shapes(layer.inputs)),
  output: text("output", (layer) => shapes(layer.outputs)),
  params: { title: "params", cell: { type: "count", figure: "params" } },
  buffers: { title: "buffers", cell: { type: "count", figure: "buffers" } },
  macs: { title: "MACs", cell: { type: "count", figure: "macs" } },
  flops: { title: "FLOPs", cell: { type: "count", figure: "flops" } },
  counted: { title: "counted", cell: { type: "counted" } },
  share: { title: "share", cell: { type: "share" } },
  weights: { title: "weights", cell: { type: "bytes", figure: "weightBytes" } },
  activations: { title: "activations", cell: { type: "bytes", figure: "activationBytes" } },
  moved: { title: "moved", cell: { type: "bytes", figure: "bytesMoved" } },
  intensity: { title: "FLOP/B", cell: { type: "intensity" } },
} as const satisfies Record<string, Definition>;

function uncountedOf(figures: LayerRow["figures"]): number {
  if (!("uncounted" in figures) || figures.uncounted === undefined) return 0;
  return typeof figures.uncounted === "number" ? figures.uncounted : 1;
}

export type LayerColumn = keyof typeof COLUMNS;

/** The names of all columns. */
export const LAYER_COLUMNS = Object.keys(COLUMNS).filter(isLayerColumn);

function isLayerColumn(name: string): name is LayerColumn {
  return Object.hasOwn(COLUMNS, name);
}

/** A column's name from a flag. Throws `unknown-column` with the list. */
export function layerColumn(name: string, flag: string): LayerColumn {
  const lower = name.trim().toLowerCase();
  if (isLayerColumn(lower)) return lower;
  return fail("unknown-column", `there is no column '${name}'`, { place: { kind: "flag", flag }, expected: LAYER_COLUMNS.join(", ") });
}

function kernelOf({ attributes }: LayerAnalysis): string {
  const kernel = attributes["kernelSize"];
  return Array.isArray(kernel) ? kernel.join("x") : typeof kernel === "number" ? String(kernel) : "";
}
