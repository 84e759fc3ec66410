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

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** What Markdown makes something of, wherever it is or (a heading, a list) at the beginning: a backslash takes that from it. */
const MARKS = /[\\`*_[\]|~]|^#+(?= )|^[-+](?= )|(?<=^\d{1,9})[.)](?= )/.source;

/** What GitHub finds in the text of a comment whatever is escaped in it: a mention or an address, an issue, an emoji, a link, a formula. An element inside breaks it. */
const FINDS = /@(?=\w)|#(?=\d)|(?<=\bGH)-(?=\d)|:(?=[\w+-]+:)|:(?=\/\/)|(?<=\bwww)\.|\$/.source;

const ACTIVE = new RegExp(`(?<entity>[&<>])|(?<mark>${MARKS})|${FINDS}`, "gi");

/** Text that GitHub's Markdown and the HTML behind it show as it is: posted as a comment it mentions nobody and links nothing. */
export function escape(text: string): string {
  return harmless(text).replace(ACTIVE, (sign, entity?: string, mark?: string) => {
    if (entity !== undefined) return ENTITIES[entity] ?? entity;
    return mark === undefined ? `<span>${sign}</span>` : `\\${sign}`;
  });
}
