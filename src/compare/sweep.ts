import { isIntensityKnown, isLowerBound, type BoundedFigure, type Totals } from "../analyze/analysis.js";
import { InputError } from "../graph/diagnostic.js";
import type { OpenShape } from "../graph/shape.js";

/** What a parameter can be set to. */
export type SettingValue = number | bigint | boolean | string | null | readonly SettingValue[];

/** One parameter and the values it goes through. A range is not written out: `at` computes its values. */
export interface Axis {
  readonly name: string;
  readonly length: number;
  readonly at: (index: number) => SettingValue;
}

/** One point of the grid and what the model costs there, or why it cannot be counted. */
export interface SweepRow {
  readonly index: number;
  readonly set: Readonly<Record<string, SettingValue>>;
  readonly result: SweepFigures | { readonly error: string };
}

export type SweepFigures = Pick<
  Totals,
  | "layers"
  | "params"
  | "buffers"
  | "macs"
  | "flops"
  | "weightBytes"
  | "activationBytes"
  | "peakActivationBytes"
  | "bytesMoved"
  | "intensity"
  | "lowerBounds"
> &
  Pick<Totals, "counted" | "unit"> & { readonly outputs: readonly (OpenShape | null)[] };

/** How many points a grid has. */
export function gridSize(axes: readonly Axis[]): number {
  return axes.reduce((product, axis) => product * axis.length, 1);
}

/** The settings of one point. The last axis goes fastest, as nested loops do. */
export function pointAt(axes: readonly Axis[], index: number): Readonly<Record<string, SettingValue>> {
  const entries: [string, SettingValue][] = [];
  let rest = index;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const { name, length, at } = axes[axis] ?? { name: "", length: 1, at: () => null };
    entries.unshift([name, at(rest % length)]);
    rest = Math.floor(rest / length);
  }
  return Object.fromEntries(entries);
}

/** Counts one model: what {@link sweepRange} does at each point. Throws InputError where a setting makes no model. */
export type CountPoint = (set: Readonly<Record<string, SettingValue>>) => SweepFigures;

/** The points from `start` to `end` (left out), in order. A point that makes no model is a row with the reason. */
export function* sweepRange(axes: readonly Axis[], start: number, end: number, count: CountPoint): Generator<SweepRow> {
  for (let index = start; index < end; index++) {
    const set = pointAt(axes, index);
    yield { index, set, result: resultOf(set, count) };
  }
}

function resultOf(set: SweepRow["set"], count: CountPoint): SweepRow["result"] {
  try {
    return count(set);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { error: error.message };
  }
}

/** Numbers that a sweep can be filtered, sorted and compared by. */
export const MEASURES = ["params", "buffers", "macs", "flops", "weights", "activations", "peak", "moved", "intensity", "layers", "counted"] as const;
export type Measure = (typeof MEASURES)[number];

/** One number of a row. */
export function measure(figures: SweepFigures, name: Measure): bigint | number {
  switch (name) {
    case "weights":
      return figures.weightBytes;
    case "activations":
      return figures.activationBytes;
    case "peak":
      return figures.peakActivationBytes;
    case "moved":
      return figures.bytesMoved;
    case "counted":
      // By the program's own convention that is the multiply-adds.
      return figures.counted ?? figures.macs;
    default:
      return figures[name];
  }
}

const FIGURE: Readonly<Partial<Record<Measure, BoundedFigure>>> = {
  params: "params",
  buffers: "buffers",
  macs: "macs",
  flops: "flops",
  weights: "weightBytes",
  activations: "activationBytes",
  peak: "peakActivationBytes",
  moved: "bytesMoved",
  counted: "counted",
};

/** Whether a number of a row is exact, and no lower bound. */
export function isMeasureKnown(figures: SweepFigures, name: Measure): boolean {
  if (name === "intensity") return isIntensityKnown(figures);
  const figure = FIGURE[name];
  return figure === undefined || !isLowerBound(figures, figure);
}

/** What a Pareto front is drawn over: less is better, or more where `maximise`. */
export interface Goal {
  readonly value: (row: SweepRow) => bigint | number | undefined;
  readonly maximise: boolean;
}

/**
 * The rows that no other row beats: none is as good in every goal and better in one. Kept while rows come in, so that memory is that of
 * the front.
 */
export class ParetoFront {
  private front: { readonly row: SweepRow; readonly values: readonly (bigint | number)[] }[] = [];

  constructor(private readonly goals: readonly Goal[]) {}

  add(row: SweepRow): void {
    const values = this.goals.map((goal) => goal.value(row));
    const known = values.filter((value) => value !== undefined);
    if (known.length < values.length) return;
    if (this.front.some((other) => this.beats(other.values, known))) return;
    this.front = this.front.filter((other) => !this.beats(known, other.values));
    this.front.push({ row, values: known });
  }

  /** The front in the order of the grid. */
  rows(): readonly SweepRow[] {
    return this.front.map(({ row }) => row);
  }

  private beats(left: readonly (bigint | number)[], right: readonly (bigint | number)[]): boolean {
    let better = false;
    for (const [index, goal] of this.goals.entries()) {
      const [a = 0, b = 0] = goal.maximise ? [right[index], left[index]] : [left[index], right[index]];
      if (a > b) return false;
      if (a < b) better = true;
    }
    return better;
  }
}
