import { parse } from "lossless-json";
import * as v from "valibot";
import { fail, type Place } from "../graph/diagnostic.js";
import { isDType } from "../graph/dtype.js";
import { OWN } from "../conventions/table.js";
import type { Attributes, AttributeValue } from "../graph/layer.js";
import type { Costs } from "./analysis.js";

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
const text = v.string("a text");
const shape = v.array(v.union([v.number(), v.string(), v.null()], "sizes"), "sizes");

const figures = {
  params: figure,
  buffers: figure,
  macs: figure,
  flops: figure,
  weightBytes: figure,
  activationBytes: figure,
  bytesMoved: figure,
  intensity: quotient,
  counted: v.optional(figure),
};

const layer = v.object(
  {
    index,
    name: text,
    op: text,
    kind: v.optional(v.picklist(["standard", "grouped", "depthwise", "pointwise"], "a kind of convolution")),
    inputs: v.array(shape, "shapes"),
    outputs: v.array(shape, "shapes"),
    attributes: v.custom<Attributes>(isAttributes, "attributes by name"),
    times: v.optional(figure),
    sharedParams: v.optional(figure),
    uncounted: v.optional(text),
    ...figures,
  },
  "a layer",
);

const analysis = v.object({
  schema: v.literal("convcost/analysis@1", '"convcost/analysis@1"'),
  model: v.object({ name: text, format: text, source: text }, "a model"),
  convention: text,
  partial: v.boolean("true or false"),
  inputs: v.array(
    v.object(
      {
        name: text,
        shape: v.nullable(shape),
        dtype: v.pipe(
          text,
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
  peak: v.optional(
    v.object({ layer: v.optional(text), alive: v.array(v.object({ layer: v.optional(text), bytes: figure }, "a tensor"), "tensors") }, "a peak"),
  ),
  layers: v.array(layer, "layers"),
  uncounted: v.array(v.object({ op: text, count: index, reason: v.optional(text, "") }, "an operator"), "what could not be counted"),
  caveats: v.optional(v.array(text, "texts")),
  warnings: v.array(text, "texts"),
});

/**
 * Reads what `convcost count --json` has printed (`convcost/analysis@1`), integers exact at any size. Layers come in order of execution.
 * @throws InputError `bad-analysis` where it is no JSON, of another schema, or damaged: a field is missing, or sums do not add up
 */
export function readAnalysis(written: string, source: string): Costs {
  const place: Place = { kind: "file", path: source };
  const value = parsed(written, place);
  if (Array.isArray(value)) fail("bad-analysis", "this is no saved analysis", { place, expected: EXPECTED });
  const result = v.safeParse(analysis, value, { abortEarly: true });
  if (!result.success) return refuseField(result.issues[0], place);
  const { peak, ...read } = result.output;
  const layers = [...read.layers].sort((a, b) => a.index - b.index);
  const costs: Costs = {
    ...read,
    layers,
    peak: peak && { at: peak.layer, bytes: read.totals.peakActivationBytes, alive: peak.alive.map(({ layer: by, bytes }) => ({ by, bytes })) },
  };
  refuseDamaged(costs, place);
  return costs;
}

const EXPECTED = "what convcost count --json has printed";

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

function parsed(written: string, place: Place): unknown {
  try {
    return parse(written.replace(/^\uFEFF/, ""), undefined, numberOf);
  } catch (error) {
    if (error instanceof SyntaxError) return refuseSyntax(written, error.message, place);
    if (error instanceof RangeError) return fail("bad-analysis", "this is nested too deeply", { place, expected: EXPECTED });
    throw error;
  }
}

function numberOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(digits) ? value : BigInt(digits);
}

/** What begins like an analysis has been damaged, and is told where; anything else never was one. */
function refuseSyntax(written: string, reason: string, place: Place): never {
  const text = written.replace(/^\uFEFF/, "");
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

/** Totals are the sums of the layers, where those are all there. */
function refuseDamaged({ convention, totals, layers, partial, uncounted }: Costs, place: Place): void {
  const complain = (message: string) => fail("bad-analysis", message, { place, expected: EXPECTED, hint: "was this file edited by hand?" });
  if (layers.length > totals.layers) complain(`totals.layers is ${totals.layers}, and there are ${layers.length}`);
  if (convention !== OWN && totals.counted === undefined) complain(`convention is ${convention}, and there is no totals.counted`);
  if (convention === OWN && totals.counted !== undefined) complain(`convention is ${convention}, and totals.counted is ${totals.counted}`);
  if (partial && uncounted.length === 0) complain("partial is true, and uncounted has no entries");
  if (!partial && uncounted.length > 0)
    complain(`partial is false, and uncounted has ${uncounted.length === 1 ? "1 entry" : `${uncounted.length} entries`}`);
  for (const key of ["params", "buffers", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved", "counted"] as const) {
    const [sum, total] = [layers.reduce((all, each) => all + (each[key] ?? 0n), 0n), totals[key] ?? 0n];
    const wrong = layers.length === totals.layers ? sum !== total : sum > total;
    if (wrong) complain(`totals.${key} is ${total}, and the layers have ${sum}`);
  }
}

function isAttributes(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isAttribute);
}

function isAttribute(value: unknown): value is AttributeValue {
  if (Array.isArray(value)) return value.every(isAttribute);
  return value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}
