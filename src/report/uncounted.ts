import type { Analysis } from "../analyze/analysis.js";

/** Reasons, and operators for each, that are told; the JSON has all of them. */
const MAX_REASONS = 8;
const MAX_OPERATORS = 5;

/** What the totals leave out, by the reason. */
export function uncountedLines({ uncounted }: Pick<Analysis, "uncounted">): readonly string[] {
  const reasons = [...new Set(uncounted.map(({ reason }) => reason))];
  const lines = reasons.slice(0, MAX_REASONS).map((reason) => {
    const entries = uncounted.filter((entry) => entry.reason === reason).sort((a, b) => b.count - a.count);
    const operators = entries.slice(0, MAX_OPERATORS).map(({ op, count: times }) => `${op} (${times})`);
    const more = entries.length - operators.length;
    return `not counted, the totals are at least what they say: ${operators.join(", ")}${more > 0 ? ` and ${more} more operators` : ""}: ${reason}`;
  });
  const left = reasons.length - lines.length;
  return left > 0 ? [...lines, `and layers for ${left} more reasons (--json has all of them)`] : lines;
}
