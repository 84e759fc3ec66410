import { parse } from "lossless-json";
import * as v from "valibot";
import { fail, type Place } from "../graph/diagnostic.js";
import { isDType } from "../graph/dtype.js";
import type { Attributes, AttributeValue } from "../graph/layer.js";
import { isDeeperThan } from "../graph/nesting.js";
import { BOUNDED_FIGURES, type BoundedFigure, type Costs, type Figures } from "./analysis.js";
import { digestState } from "./digest.js";
import { contradictionIn, type SavedLayer } from "./evidence.js";
import { ratio } from "./figures.js";

const WHOLE = "a whole number";
const POSITIVE = "a number from 0";

/** An exact count: JSON numbers beyond 2^53 are read as bigint. */
const figure = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger(WHOLE), v.minValue(0, WHOLE)), v.pipe(v.bigint(), v.minValue(0n, WHOLE))], WHOLE),
  v.transform((value) => BigInt(value)),
);
const index = v.pipe(v.number(WHOLE), v.safeInteger(WHOLE), v.minValue(0, WHOLE));
const quotient = v.pipe(
  v.union([v.pipe(v.number(), v.minValue(0, POSITIVE)), v.pipe(v.bigint(), v.minValue(0n, POSITIVE))], POSITIVE),
  v.transform((value) => Number(value)),
  v.finite(POSITIVE),
);
const difference = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger(WHOLE)), v.bigint()], WHOLE),
  v.transform((value) => BigInt(value)),
);
const words = v.string("a text");
const size = v.pipe(v.number(), v.safeInteger("sizes"), v.minValue(0, "sizes"));
const shape = v.array(v.union([size, v.string(), v.null()], "sizes"), "sizes");

const lowerBounds = v.optional(v.array(v.picklist(BOUNDED_FIGURES, "a figure"), "names of figures"));

const figures = {
  params: figure,
  buffers: figure,
  macs: figure,
  flops: figure,
  weightBytes: figure,
  activationBytes: figure,
  bytesMoved: figure,
  intensity: v.optional(quotient),
  counted: v.optional(figure),
  operations: v.optional(v.record(v.string(), figure, "operations by cause")),
};

const layer: v.GenericSchema<unknown, SavedLayer> = v.pipe(
  v.object(
    {
      index,
      name: words,
      op: words,
      kind: v.optional(v.picklist(["standard", "grouped", "depthwise", "pointwise"], "a kind of convolution")),
      inputs: v.array(shape, "shapes"),
      outputs: v.array(shape, "shapes"),
      attributes: v.custom<Attributes>(isAttributes, "attributes by name"),
      times: v.optional(figure),
      sharedParams: v.optional(figure),
      uncounted: v.optional(words),
      steps: v.optional(
        v.array(
          v.lazy(() => layer),
          "layers",
        ),
        [],
      ),
      lowerBounds,
      ...figures,
    },
    "a layer",
  ),
  v.transform((each) => completed(each, each.lowerBounds, each.uncounted !== undefined)),
);

const analysis = v.object({
  schema: v.literal("convcost/analysis@1", '"convcost/analysis@1"'),
  model: v.object({ name: words, format: words, source: words }, "a model"),
  convention: words,
  partial: v.boolean("true or false"),
  inputs: v.array(
    v.object(
      {
        name: words,
        shape: v.nullable(shape),
        dtype: v.pipe(
          words,
          v.check((name) => isDType(name), "an element type"),
          v.transform((name) => (isDType(name) ? name : "float32")),
        ),
      },
      "an input",
    ),
    "inputs",
  ),
  totals: v.object(
    {
      layers: index,
      uncounted: v.optional(index, 0),
      peakActivationBytes: figure,
      ...figures,
      unit: v.optional(v.picklist(["MAC", "FLOP"], "MAC or FLOP")),
      countedParams: v.optional(figure),
    },
    "totals",
  ),
  differences: v.optional(v.array(v.object({ cause: words, count: difference }, "a difference"), "differences")),
  peak: v.optional(
    v.object({ layer: v.optional(words), alive: v.array(v.object({ layer: v.optional(words), bytes: figure }, "a tensor"), "tensors") }, "a peak"),
  ),
  lowerBounds,
  layers: v.array(layer, "layers"),
  uncounted: v.array(v.object({ op: words, count: index, reason: v.optional(words, "") }, "an operator"), "what could not be counted"),
  caveats: v.optional(v.array(words, "texts")),
  warnings: v.array(words, "texts"),
});

/**
 * Reads what `convcost count --json` has printed (`convcost/analysis@1`), integers exact at any size. Layers come in order of execution.
 * @throws InputError `bad-analysis` where it is no JSON, of another schema, or damaged or edited: a field is missing, figures contradict each other, the digest does not fit
 */
export function readAnalysis(written: string, source: string): Costs {
  const place: Place = { kind: "file", path: source };
  const text = written.replace(/^\uFEFF/, "");
  if (isDeeperThan(MAX_NESTING, text)) fail("bad-analysis", "this is nested too deeply", { place, expected: EXPECTED });
  const value = parsed(text, place);
  if (Array.isArray(value)) fail("bad-analysis", "this is no saved analysis", { place, expected: EXPECTED });
  const result = v.safeParse(analysis, value, { abortEarly: true });
  if (!result.success) return refuseField(result.issues[0], place);
  const { peak, ...read } = result.output;
  const saved = {
    ...read,
    totals: completed(read.totals, read.lowerBounds, read.partial),
    layers: [...read.layers].sort((a, b) => a.index - b.index),
    peak: peak && { at: peak.layer, bytes: read.totals.peakActivationBytes, alive: peak.alive.map(({ layer: by, bytes }) => ({ by, bytes })) },
  };
  const digest = digestState(text);
  const wrong = contradictionIn(saved);
  if (wrong !== undefined) fail("bad-analysis", wrong, { place, expected: EXPECTED, hint: EDITED });
  if (digest === "broken") fail("bad-analysis", "the digest does not fit the rest of the file", { place, expected: EXPECTED, hint: EDITED });
  if (digest === "fits") return saved;
  const unsigned = `${source} has no digest: nothing shows that it is as it was saved`;
  return { ...saved, unsigned, warnings: [...saved.warnings, unsigned] };
}

/** Nesting that no analysis reaches: attributes and steps are a few levels deep. */
const MAX_NESTING = 200;
type SavedFigures = Pick<Figures, "flops" | "bytesMoved"> & { readonly intensity?: number | undefined };

/**
 * Fills in what the JSON leaves out: an intensity that is not known, and an empty list of lower bounds.
 * Earlier versions wrote no list, so every figure of a partial analysis is then taken as a lower bound.
 */
function completed<T extends SavedFigures>(figures: T, bounds: readonly BoundedFigure[] | undefined, partial: boolean) {
  const intensity = figures.intensity ?? ratio(figures.flops, figures.bytesMoved);
  return { ...figures, intensity, lowerBounds: bounds ?? (partial ? BOUNDED_FIGURES : []) };
}

const EXPECTED = "what convcost count --json has printed";
const EDITED = "was this file edited by hand?";

function refuseField(issue: v.InferIssue<typeof analysis>, place: Place): never {
  const path = v.getDotPath(issue);
  const isMissing = issue.received === "undefined";
  // Without its first field it is no damaged analysis, but something else.
  if (path === null || (path === "schema" && isMissing)) return fail("bad-analysis", "this is no saved analysis", { place, expected: EXPECTED });
  if (isMissing) return fail("bad-analysis", `${path} is missing`, { place, expected: EXPECTED });
  return fail("bad-analysis", `${path} is ${RECEIVED[issue.received] ?? issue.received}`, {
    place,
    expected: `${issue.message}, as convcost count --json writes it`,
  });
}

const RECEIVED: Readonly<Record<string, string>> = { Object: "an object", Array: "a list" };

function parsed(text: string, place: Place): unknown {
  try {
    return parse(text, undefined, numberOf);
  } catch (error) {
    if (error instanceof SyntaxError) return refuseSyntax(text, error.message, place);
    throw error;
  }
}

function numberOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) ? value : BigInt(digits);
}

/** What begins like an analysis has been damaged, and is told where; anything else never was one. */
function refuseSyntax(text: string, reason: string, place: Place): never {
  if (!/^\s*\{/.test(text)) return fail("bad-analysis", "this is no saved analysis: it is not JSON", { place, expected: EXPECTED });
  const at = / at position (\d+)/.exec(reason)?.[1];
  if (at === undefined || Number(at) >= text.length)
    return fail("bad-analysis", "this is not JSON: it ends too early", { place, expected: EXPECTED, hint: "was it cut off?" });
  const before = text.slice(0, Number(at)).split("\n");
  return fail("bad-analysis", `this is not JSON from line ${before.length}, column ${(before.at(-1) ?? "").length + 1} on`, {
    place,
    expected: EXPECTED,
  });
}

function isAttributes(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isAttribute);
}

function isAttribute(value: unknown): value is AttributeValue {
  if (Array.isArray(value)) return value.every(isAttribute);
  return value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}
