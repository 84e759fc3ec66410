// What a subject has measured, and the table of it.

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number} [ms] median of a whole process
 * @property {number} [peak] resident memory at most, in MiB
 * @property {string} figure what is held to the limit: `1.08x bare node`
 * @property {string} [limit]
 * @property {boolean} [missed]
 */

/** A row whose figure is at most its limit. */
export function atMost(what, { value, limit, unit, digits = 2, ...rest }) {
  return { what, ...rest, figure: `${value.toFixed(digits)}${unit}`, limit: `at most ${limit}`, missed: value > limit };
}

/** A row whose figure is at least its limit. */
export function atLeast(what, { value, limit, unit, digits = 1, ...rest }) {
  return { what, ...rest, figure: `${value.toFixed(digits)}${unit}`, limit: `at least ${limit}`, missed: value < limit };
}

const HEAD = ["what", "median ms", "peak MiB", "figure", "limit", ""];
const RIGHT = [false, true, true, true, false, false];

function cellsOf({ what, ms, peak, figure, limit, missed }) {
  return [what, ms?.toFixed(1) ?? "", peak?.toFixed(0) ?? "", figure, limit ?? "", missed === true ? "missed" : ""];
}

/** Rows as an aligned table, or as one of Markdown. */
export function tableOf(rows, markdown) {
  const lines = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const aligned = lines.map((cells) => cells.map((cell, column) => (RIGHT[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))));
  if (!markdown) return aligned.map((cells) => `${cells.join("  ").trimEnd()}\n`).join("");
  const [head, ...body] = aligned.map((cells) => `| ${cells.join(" | ")} |\n`);
  const rule = `| ${widths.map((width, column) => (RIGHT[column] ? `${"-".repeat(Math.max(2, width - 1))}:` : "-".repeat(Math.max(3, width)))).join(" | ")} |\n`;
  return head + rule + body.join("");
}
