import type { Look, Renderer } from "./formats.js";
import { harmless } from "./grid.js";
import type { Block, Fact, Report, Term } from "./report.js";
import { renderTable } from "./table.js";

/** Tables and lines for a person at a terminal: a blank line between parts. */
export const terminal: Renderer = {
  hasRemarks: false,
  render: (report, look) => {
    const parts = report.blocks().map((block) => textOf(block, look));
    return [...parts, ...verdict(report, look)].join("\n");
  },
};

function textOf(block: Block, look: Look): string {
  const { chalk } = look;
  switch (block.type) {
    case "heading":
      return chalk.bold(harmless(block.text));
    case "grid":
      return `${renderTable(block.grid, look)}${block.below === undefined ? "" : `${harmless(block.below)}\n`}`;
    case "facts":
      return factLines(block.facts, block.align, look);
    case "lines":
      return linesOf(block.lines, (text) => (block.tone === "dim" ? chalk.dim(text) : block.tone === "bad" ? chalk.red(text) : text));
    case "verbatim":
      return linesOf(block.lines, (text) => text);
    case "terms":
      return termLines(block.terms, look);
    case "details": {
      const inner = block.blocks.map((each) => textOf(each, look)).join("\n");
      return block.titled === "everywhere" ? `${harmless(block.title)}\n${inner}` : inner;
    }
  }
}

function linesOf(lines: readonly string[], paint: (text: string) => string): string {
  return lines.map((line) => `${paint(harmless(line))}\n`).join("");
}

function factLines(facts: readonly Fact[], align: "left" | "right", { chalk }: Look): string {
  const labels = Math.max(...facts.map(({ label }) => label.length));
  const values = align === "left" ? 0 : Math.max(...facts.map(({ value }) => value.length));
  const line = ({ label, value, note }: Fact) =>
    `${harmless(label).padEnd(labels)}  ${chalk.bold(harmless(value).padStart(values))}${note === undefined ? "" : `  ${chalk.dim(harmless(note))}`}\n`;
  return facts.map(line).join("");
}

/** Name and meaning on a line, other names below: their lists are longer than a column can be. */
function termLines(terms: readonly Term[], { chalk, width = 100 }: Look): string {
  const longest = Math.max(...terms.map(({ name }) => name.length));
  return terms
    .map(({ name, meaning, also }) => {
      const lines = wrapped(also, width - 4).map((line) => `    ${chalk.dim(line)}\n`);
      return `${chalk.bold(harmless(name).padEnd(longest))}  ${harmless(meaning)}\n${lines.join("")}`;
    })
    .join("");
}

function wrapped(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words.map(harmless)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function verdict({ verdict: found }: Report, { chalk }: Look): readonly string[] {
  if (found === undefined) return [];
  return [`${found.passed ? chalk.green(found.text) : chalk.red(found.text)}\n`];
}
