import { readAnalysis } from "../analyze/saved.js";
import type { Costs } from "../analyze/analysis.js";
import { checkBudgets, type Budget, type BudgetOptions, type CheckedModel, type CheckOutcome, type Increase } from "../compare/budget.js";
import { fail, InputError, type Place } from "../graph/diagnostic.js";
import type { Io } from "../io.js";
import type { SourceFlags } from "./command.js";
import { readCosts, refuseFlags } from "./costs.js";

/** One model that is to be checked. */
export interface CheckTask {
  readonly name: string;
  readonly source: string;
  readonly place?: Place | undefined;
  /** Files as the task sees them. */
  readonly io: Io;
  /** How the source is counted; throws where a setting is wrong, so that this model alone fails. */
  readonly flags: () => SourceFlags;
  /** The flags that were set, as they are typed. */
  readonly given: readonly string[];
  readonly budgets: readonly Budget[];
  readonly increases: readonly Increase[];
  readonly baseline: string | undefined;
  readonly unknown: BudgetOptions["unknown"];
  /** Where each budget and increase is written, if in a file. */
  readonly places: readonly (Place | undefined)[];
}

/** Checks one model. What is wrong with it is its outcome, so that the others are checked all the same. */
export async function checkTask(task: CheckTask): Promise<CheckedModel> {
  const { name, source, place } = task;
  return { name, source, place, outcome: await outcomeOf(task) };
}

async function outcomeOf(task: CheckTask): Promise<CheckOutcome> {
  try {
    const { costs, saved } = await readCosts(task.source, task.flags(), task.io);
    if (saved) refuseFlags(task.given, task.source);
    const baseline = task.baseline === undefined ? undefined : readBaseline(task.baseline, task.io);
    const noted = { ...costs, warnings: [...costs.warnings, ...(baseline?.unsigned === undefined ? [] : [baseline.unsigned])] };
    return { type: "checked", costs: noted, places: task.places, check: checkBudgets(costs, { ...task, baseline }) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { type: "error", error: error.diagnostic };
  }
}

function readBaseline(path: string, io: Io): Costs {
  const content = io.readFile(path);
  if (content.type === "file") return readAnalysis(new TextDecoder().decode(content.bytes), path);
  const why = content.type === "missing" ? "there is no such baseline" : "this baseline cannot be read";
  return fail("unreadable-file", why, {
    place: { kind: "file", path },
    expected: "what convcost count --json has printed",
    hint: `convcost count MODEL --json -o ${path}`,
  });
}
