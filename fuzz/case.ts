import type { Expected } from "./structure/expected.js";

export type Files = Readonly<Record<string, Uint8Array>>;

/** What is true of a case besides what is true of all; fuzz/claim.ts holds it. */
export type Claim =
  /** It runs so many multiply-adds. */
  | { readonly kind: "macs"; readonly macs: Expected }
  /** Its weights contradict each other, and how. */
  | { readonly kind: "contradicts"; readonly what: string }
  /** The same flags in another order: the same answer. */
  | { readonly kind: "same"; readonly argv: readonly string[] }
  /** It says more than one thing, or is no evidence: exit code 2. */
  | { readonly kind: "refused" }
  /** An edit that nothing in the file gives away but the missing digest: refused, or said. */
  | { readonly kind: "unsigned" }
  /** The same structure twice as large: it takes about twice the time. */
  | { readonly kind: "grows"; readonly twice: Case; readonly what: string };

/** One thing to try: arguments, and the files that they find. */
export interface Case {
  readonly argv: readonly string[];
  readonly files: Files;
  /** An operator was renamed to one that nobody knows: a result that does not say so hides something. */
  readonly hides?: boolean | undefined;
  readonly claim?: Claim | undefined;
}
