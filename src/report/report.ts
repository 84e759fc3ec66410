import type { CheckedModel } from "../compare/budget.js";
import type { Grid } from "./grid.js";
import type { Units } from "./layer-columns.js";

/** What a command has found out, before it is text: every output format is made of this. */
export interface Report {
  /** The JSON, whole or in pieces. */
  readonly json: () => string | Iterable<string>;
  /** Rows of raw numbers for a spreadsheet; absent where there is no table. */
  readonly csv?: (() => Grid) | undefined;
  /** What a person reads, from top to bottom. */
  readonly blocks: () => readonly Block[];
  /** What must not pass unseen: on standard error where a format has no place for it. JSON has fields of its own for it. */
  readonly remarks?: readonly Remark[] | undefined;
  /** How it all came off, in one line. */
  readonly verdict?: { readonly text: string; readonly passed: boolean } | undefined;
  /** Models held against budgets, which formats of CI list one by one. */
  readonly check?: CheckFindings | undefined;
}

export interface Remark {
  readonly type: "note" | "warning";
  readonly text: string;
}

export interface CheckFindings {
  readonly models: readonly CheckedModel[];
  readonly units: Units;
  /** How many layers are named for an exceeded budget. */
  readonly top: number;
  /** A file as the CI knows it: from the root of the repository. */
  readonly fileOf: (path: string) => string;
}

/** How a line is shown where there is colour. */
export type Tone = "dim" | "bad";

/** A part of a page. Texts are as the model has them: each format makes them harmless. */
export type Block =
  | { readonly type: "heading"; readonly text: string; readonly status?: string | undefined }
  /** `below` stands under the table at once. */
  | { readonly type: "grid"; readonly grid: Grid; readonly below?: string | undefined }
  | { readonly type: "facts"; readonly facts: readonly Fact[]; readonly align: "left" | "right" }
  | { readonly type: "lines"; readonly lines: readonly string[]; readonly tone?: Tone | undefined }
  /** Lines whose blanks matter. */
  | { readonly type: "verbatim"; readonly lines: readonly string[] }
  /** Names, each with what it is, and other names for it. */
  | { readonly type: "terms"; readonly terms: readonly Term[] }
  /** Details under a title, folded where a format can fold. */
  | { readonly type: "details"; readonly title: string; readonly blocks: readonly Block[]; readonly titled: "everywhere" | "folded" };

/** One figure in words: what, how much, and how it comes about. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
}

export interface Term {
  readonly name: string;
  readonly meaning: string;
  readonly also: readonly string[];
}

/** Warnings, and other lines, as remarks. */
export function remarks(type: Remark["type"], lines: readonly string[]): readonly Remark[] {
  return lines.map((text) => ({ type, text }));
}
