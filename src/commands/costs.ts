import { analyze } from "../analyze/analyze.js";
import type { Costs } from "../analyze/analysis.js";
import { fail } from "../graph/diagnostic.js";
import type { Io } from "../io.js";
import { readModelOrAnalysis } from "../source/read.js";
import { analyzeOptions, dimensions, type SourceFlags } from "./command.js";

/** The costs of one source, and whether the flags had a say in them. */
export interface ReadCosts {
  readonly costs: Costs;
  readonly saved: boolean;
}

/** Counts a source, or takes what an earlier count has printed, on which the flags have no bearing. */
export async function readCosts(source: string, flags: SourceFlags, io: Io): Promise<ReadCosts> {
  const options = await analyzeOptions(flags);
  const read = await readModelOrAnalysis(source, io, flags.set, { ...options, dims: dimensions(flags.dim) });
  if (read.type === "graph") return { costs: analyze(read.graph, options), saved: false };
  const { readAnalysis } = await import("../analyze/saved.js");
  return { costs: readAnalysis(read.text, read.source), saved: true };
}

/** Complains of a flag that was to say how something is counted which is already counted. */
export function refuseFlags(given: readonly string[], source: string): void {
  const [flag] = given;
  if (flag === undefined) return;
  fail("flag-without-model", `${source} was counted earlier, and cannot be counted anew`, {
    place: { kind: "flag", flag },
    expected: "a model, or no such flag",
  });
}
