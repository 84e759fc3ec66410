import type { Renderer } from "./formats.js";
import { harmless, type Grid } from "./grid.js";
import type { Block, Fact, Remark, Report, Term } from "./report.js";

/** A page for a pull request or the summary of a job (GitHub's flavour). */
export const markdown: Renderer = {
  hasRemarks: true,
  render: (report) => markdownPage(report),
};

/** A report as Markdown: how it came off first, what must not pass unseen last. */
export function markdownPage({ verdict, blocks, remarks = [] }: Report): string {
  const parts = blocks().map(textOf);
  return [...(verdict === undefined ? [] : [`**${escape(verdict.text)}**\n`]), ...parts, ...remarkList(remarks)].join("\n");
}

function remarkList(remarks: readonly Remark[]): readonly string[] {
  return remarks.length === 0 ? [] : [remarks.map(({ type, text }) => `- ${type}: ${escape(text)}\n`).join("")];
}

function textOf(block: Block): string {
  switch (block.type) {
    case "heading":
      return `### ${escape(block.text)}${block.status === undefined ? "" : `: ${block.status}`}\n`;
    case "grid":
      return `${renderMarkdown(block.grid)}${block.below === undefined ? "" : `\n${escape(block.below)}\n`}`;
    case "facts":
      return block.facts.map(factLine).join("");
    case "lines":
      return block.lines.map((line) => `${escape(line)}\n`).join("\n");
    case "verbatim":
      return fenced(block.lines.map(harmless).join("\n"));
    case "terms":
      return block.terms.map(termLine).join("");
    case "details":
      return `<details><summary>${escape(block.title)}</summary>\n\n${block.blocks.map(textOf).join("\n")}\n</details>\n`;
  }
}

function termLine({ name, meaning, also }: Term): string {
  return `- **${escape(name)}**: ${escape(meaning)}${also.length === 0 ? "" : `; also ${also.map(escape).join(", ")}`}\n`;
}

function factLine({ label, value, note }: Fact): string {
  return `- ${escape(label)}: **${escape(value)}**${note === undefined ? "" : ` (${escape(note)})`}\n`;
}

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

/** What GitHub finds in the text of a comment whatever is escaped in it: a mention or an address, an issue, a commit, an emoji, a link, a formula. An element inside breaks it. */
const FINDS =
  /@(?=\w)|#(?=\d)|(?<=\b(?:GH|GHSA|CVE))-(?=\w)|(?<=\b(?=[\da-f]*[a-f])[\da-f]{6})[\da-f](?=[\da-f]{0,33}\b)|:(?=[\w+-]+:)|:(?=\/\/)|(?<=\bwww)\.|\$/
    .source;

const ACTIVE = new RegExp(`(?<entity>[&<>])|(?<mark>${MARKS})|${FINDS}`, "gi");

/** Text that GitHub's Markdown and the HTML behind it show as it is: posted as a comment it mentions nobody and links nothing. */
export function escape(text: string): string {
  return harmless(text).replace(ACTIVE, (sign, entity?: string, mark?: string) => {
    if (entity !== undefined) return ENTITIES[entity] ?? entity;
    return mark === undefined ? `<span>${sign}</span>` : `\\${sign}`;
  });
}
