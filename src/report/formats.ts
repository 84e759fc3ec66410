import type { ChalkInstance } from "chalk";
import type { Report } from "./report.js";

/** What a format is told of the place that its text goes to. */
export interface Look {
  readonly chalk: ChalkInstance;
  /** Columns of the terminal; absent where there is none. */
  readonly width?: number | undefined;
  /** Rows of a table that were asked for, where some number was. */
  readonly rows?: number | undefined;
}

/** One output format. */
export interface Renderer {
  /** Throws InputError where the report has nothing for this format. */
  readonly render: (report: Report, look: Look) => string | Iterable<string>;
  /** Whether its text has the report's remarks, so that they are not said on standard error. */
  readonly hasRemarks: boolean;
}

/** The report's own JSON. */
const json: Renderer = { hasRemarks: true, render: (report) => report.json() };

/** The one table of output formats, each imported when it is asked for. */
export const FORMATS = {
  table: async () => (await import("./terminal.js")).terminal,
  json: () => Promise.resolve(json),
  csv: async () => (await import("./csv.js")).csv,
  markdown: async () => (await import("./markdown.js")).markdown,
  github: async () => (await import("./github.js")).github,
  junit: async () => (await import("./junit.js")).junit,
} as const satisfies Readonly<Record<string, () => Promise<Renderer>>>;

export type FormatName = keyof typeof FORMATS;

/** What most commands print. */
export const USUAL_FORMATS = ["table", "json", "csv", "markdown"] as const satisfies readonly FormatName[];

/** What `check` prints. */
export const CHECK_FORMATS = ["table", "json", "markdown", "github", "junit"] as const satisfies readonly FormatName[];
