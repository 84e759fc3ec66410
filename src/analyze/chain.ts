import { OWN } from "../conventions/names.js";
import type { DType } from "../graph/dtype.js";
import { shown, type InferredGraph, type InferredLayer } from "../graph/inferrer.js";
import type { OpenShape } from "../graph/shape.js";
import type { Figures, Totals } from "./analysis.js";
import type { AnalyzeOptions } from "./analyze.js";
import { countBy } from "./convention.js";
import { compositeFigures, primitiveFigures, sumFigures } from "./figures.js";
import { peakBytes } from "./memory.js";

/** What a part of a model costs in all. */
export interface Counted {
  readonly totals: Totals;
  readonly outputs: readonly (OpenShape | null)[];
}

/** A function that counts parts of a chain, whose shapes are known: of what {@link analyze} would say of them the totals. */
export function partCounter(options: Pick<AnalyzeOptions, "dtype" | "layout" | "convention">): (part: InferredGraph) => Counted {
  const { dtype = "float32", layout } = options;
  const convention = options.convention?.name === OWN ? undefined : options.convention;
  return (part) => {
    const counted = convention === undefined ? undefined : part.layers.reduce((total, layer) => total + countBy(convention, layer).counted, 0n);
    return {
      totals: {
        layers: part.layers.length,
        uncounted: part.layers.filter(({ inference }) => inference?.uncounted !== undefined).length,
        peakActivationBytes: peakBytes(part, dtype),
        unit: convention?.unit,
        counted,
        ...sumFigures(part.layers.map((layer) => figuresOf(layer, dtype))),
      },
      outputs: part.outputs.map((value) => shown(value, layout)),
    };
  };
}

function figuresOf(layer: InferredLayer, dtype: DType): Figures {
  if (layer.inference !== undefined) return primitiveFigures(layer, layer.inference, dtype);
  return compositeFigures(
    layer,
    layer.steps.map((step) => figuresOf(step, dtype)),
    dtype,
  );
}

/** Sums kept, and parts numbered; more of them are as right, and slower. */
const MAX_KEPT = 20_000;

/** A function that makes something of the sum of parts, as {@link joinParts} has it: of the very same parts once. */
export function partsJoiner<T>(make: (sum: Counted) => T): (parts: readonly Counted[]) => T {
  const numbers = new Map<Counted, number>();
  const known = new Map<number, { readonly parts: readonly Counted[]; readonly made: T }>();
  const numberOf = (part: Counted) => {
    const number = numbers.get(part) ?? numbers.size;
    if (number === numbers.size) numbers.set(part, number);
    return number;
  };
  return (parts) => {
    if (known.size >= MAX_KEPT || numbers.size >= MAX_KEPT) {
      known.clear();
      numbers.clear();
    }
    const hash = parts.reduce((sum, part) => Math.imul(sum ^ numberOf(part), 0x01000193), parts.length);
    const found = known.get(hash);
    if (found?.parts.length === parts.length && found.parts.every((part, index) => part === parts[index])) return found.made;
    const made = make(joinParts(parts));
    known.set(hash, { parts, made });
    return made;
  };
}

/** Sums up parts that follow each other, the output of one the input of the next: what {@link analyze} would say of them joined. */
function joinParts(parts: readonly Counted[]): Counted {
  const totals = parts.map((part) => part.totals);
  return {
    totals: {
      layers: totals.reduce((sum, { layers }) => sum + layers, 0),
      uncounted: totals.reduce((sum, { uncounted }) => sum + uncounted, 0),
      // Between two parts one tensor is alive, which is the output of the one and the input of the other.
      peakActivationBytes: totals.reduce((most, { peakActivationBytes }) => (peakActivationBytes > most ? peakActivationBytes : most), 0n),
      unit: totals[0]?.unit,
      ...sumFigures(totals),
    },
    outputs: parts.at(-1)?.outputs ?? [],
  };
}
