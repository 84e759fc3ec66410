import type { Analysis } from "../src/analyze/analysis.js";
import type { Claim } from "./case.js";
import { Failure, type Answer } from "./oracle.js";

/** Whether a result says that it is not the whole truth. */
export function isSaid({ partial, warnings }: Pick<Analysis, "partial" | "warnings">): boolean {
  return partial || warnings.length > 0;
}

/** Holds a result against what its case runs: as often as it says, or at least not more. */
export function checkMacs({ macs }: Extract<Claim, { kind: "macs" }>, analysis: Analysis): void {
  const { totals, partial } = analysis;
  if (macs === "said" && !isSaid(analysis)) throw new Failure(`${totals.macs} MACs without a word, and nobody knows how many run`);
  if (typeof macs !== "bigint" || totals.macs === macs || (partial && totals.macs < macs)) return;
  throw new Failure(`${totals.macs} MACs, and ${macs} run`);
}

/** Holds a result of weights that contradict each other: it says so. */
export function checkContradiction({ what }: Extract<Claim, { kind: "contradicts" }>, analysis: Analysis): void {
  if (!isSaid(analysis)) throw new Failure(`${what}, and nothing says so`);
}

/** Whether a command refused what it was given; a batch says it line by line. */
function isRefused({ code, stdout }: Answer, argv: readonly string[]): boolean {
  return code === 2 || (argv[0] === "batch" && /"ok": ?false/.test(stdout));
}

/** Holds what a command answered to what was not to pass. */
export function checkRefusal(claim: Claim, answer: Answer, argv: readonly string[]): void {
  const { stdout, stderr } = answer;
  if (claim.kind === "refused" && !isRefused(answer, argv)) throw new Failure(`${argv.join(" ")}: it ends in ${answer.code}, and was to be refused`);
  if (claim.kind === "unsigned" && !isRefused(answer, argv) && !/has no digest/.test(stdout + stderr))
    throw new Failure(`${argv.join(" ")}: it was edited and has no digest, and nothing says so`);
}

/** Holds two answers against each other: the same, byte by byte. */
export function checkSame(a: Answer | undefined, b: Answer | undefined, what: string): void {
  if (a?.code !== b?.code || a?.stdout !== b?.stdout || a?.stderr !== b?.stderr)
    throw new Failure(`${what}: ${a?.code ?? ""} and ${b?.code ?? ""}, ${(a?.stderr ?? "").slice(0, 200)} and ${(b?.stderr ?? "").slice(0, 200)}`);
}
