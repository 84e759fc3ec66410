import type { Analysis } from "../analyze/analysis.js";
import { analyze } from "../analyze/analyze.js";
import {
  MEASURES,
  isMeasureKnown,
  measure,
  sweepRange,
  type SettingValue,
  type Axis,
  type CountPoint,
  type SweepFigures,
  type SweepRow,
} from "../compare/sweep.js";
import type { NetworkText } from "../source/source.js";
import { withConvention, type WrittenOptions } from "./written-options.js";

/** A sweep as plain data, so that a worker can be handed it. */
export interface SweepTask {
  readonly network: NetworkText;
  /** `["alpha", "0.25,0.5,1"]` for each axis. */
  readonly axes: readonly (readonly [string, string])[];
  readonly options: WrittenOptions;
  readonly where?: string | undefined;
}

/** A sweep made ready: its axes, and the rows of any range of its points that `where` lets through. */
export interface Sweep {
  readonly axes: readonly Axis[];
  readonly rows: (start: number, end: number) => Generator<SweepRow>;
}

/** Values of an axis that are looked at before the first row; texts and lists are typed one by one, and never more. */
const CHECKED = 1000;

/** Reads the network and the filter of a sweep. Throws InputError: a file, a parameter or a filter that is wrong. */
export async function openSweep({ network, axes: written, options: writtenOptions, where }: SweepTask): Promise<Sweep> {
  const { networkExpander, parametersOf, parsePredicate, parseValues, readNetwork } = await import("../read/network/network.js");
  const options = await withConvention(writtenOptions);
  const read = readNetwork(network.text, network);
  const expand = networkExpander(read);
  const variant = network.variant === undefined ? {} : { variant: network.variant };
  const axes = written.map(([name, values]): Axis => ({ name, ...parseValues(values) }));
  // A name or a kind of value that is wrong is told before the first row; what a value leads to, where it leads there.
  for (const { name, length, at } of axes) {
    const values = Array.from({ length: Math.min(length, CHECKED) }, (_, index) => at(index));
    // One number is as right as another, unless it is the name of a variant.
    const first = name === "variant" ? -1 : values.findIndex((value) => typeof value === "number");
    const checked = first < 0 ? values : values.filter((value, index) => typeof value !== "number" || index === first);
    for (const value of checked) parametersOf(read, { ...variant, [name]: value });
  }
  const count: CountPoint = (set) => figuresOf(analyze(expand({ ...options, set: { ...variant, ...set } }), options));
  if (where === undefined) return { axes, rows: (start, end) => sweepRange(axes, start, end, count) };
  const predicate = parsePredicate(where, [...MEASURES, ...axes.map(({ name }) => name)]);
  return {
    axes,
    rows: function* (start, end) {
      for (const row of sweepRange(axes, start, end, count)) if (passes(row, predicate)) yield row;
    },
  };
}

/** Answers ranges of points with their rows. */
export async function answerRange(task: SweepTask): Promise<(range: unknown) => Promise<readonly SweepRow[]>> {
  const { rows } = await openSweep(task);
  return (range) => {
    if (!isRange(range)) throw new Error("a worker was asked for something that is no range");
    return Promise.resolve([...rows(range.start, range.end)]);
  };
}

function isRange(range: unknown): range is { readonly start: number; readonly end: number } {
  return typeof range === "object" && range !== null && "start" in range && "end" in range;
}

function figuresOf({ totals, outputs }: Analysis): SweepFigures {
  const {
    layers,
    params,
    buffers,
    macs,
    flops,
    weightBytes,
    activationBytes,
    peakActivationBytes,
    bytesMoved,
    intensity,
    counted,
    unit,
    lowerBounds,
  } = totals;
  return {
    layers,
    params,
    buffers,
    macs,
    flops,
    weightBytes,
    activationBytes,
    peakActivationBytes,
    bytesMoved,
    intensity,
    counted,
    unit,
    lowerBounds,
    outputs: outputs.map(({ shape }) => shape),
  };
}

function passes({ set, result }: SweepRow, predicate: (value: (name: string) => SettingValue | bigint | undefined) => boolean): boolean {
  // What could not be counted is never hidden by a filter: it is told, and was not tested.
  if ("error" in result) return true;
  let isKnown = true;
  const holds = predicate((name) => {
    const known = MEASURES.find((candidate) => candidate === name);
    if (known === undefined) return set[name];
    if (!isMeasureKnown(result, known)) isKnown = false;
    return measure(result, known);
  });
  // A condition on a lower bound does not hold: it is not known to.
  return holds && isKnown;
}
