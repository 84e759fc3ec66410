import { harmless, type Grid } from "./grid.js";

/** A grid as a Markdown table (GitHub's flavour), numbers aligned on the right, totals in bold. */
export function renderMarkdown(grid: Grid): string {
  const header = grid.columns.map((column) => escape(column.unit === "" ? column.title : `${column.title} (${column.unit})`));
  const rule = grid.columns.map((column) => (column.align === "right" ? "---:" : ":---"));
  const rows = grid.rows.map((row) => row.cells.map((text) => decorated(escape(text.trimStart()), row.style)));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n") + "\n";
}

function decorated(text: string, style: Grid["rows"][number]["style"]): string {
  if (text === "") return text;
  if (style === "total" || style === "failed") return `**${text}**`;
  return style === "step" ? `*${text}*` : text;
}

/** Lines as a block of Markdown that shows them as they are, whatever backticks they have. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text.trimEnd()}\n${fence}\n`;
}

/** Text that Markdown and the HTML behind it show as it is. */
export function escape(text: string): string {
  return harmless(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/[\\`*_[\]|~]/g, "\\$&");
}
