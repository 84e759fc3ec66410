/** Where a complaint belongs: a span of text the user typed or wrote in a file, a flag, or a file as a whole. */
export type Place =
  | { readonly kind: "text"; readonly source: string; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: "flag"; readonly flag: string }
  /** A key of a request (`convcost batch`). */
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "file"; readonly path: string }
  /** A node of a model file, by its name. */
  | { readonly kind: "node"; readonly path: string; readonly node: string };

/** One thing the user got wrong. Lines and carets are added when it is printed, never before. */
export interface Diagnostic {
  readonly code: string;
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  readonly place?: Place | undefined;
  /** What would have been right. */
  readonly expected?: string | undefined;
  /** What to try next. */
  readonly hint?: string | undefined;
}

/** The one error type for wrong input. Any other exception that reaches the top is a bug of ours. */
export class InputError extends Error {
  override readonly name = "InputError";
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
  }

  /** The same complaint, with a place if it has none yet: operators know what is wrong, readers know where. */
  at(place: Place | undefined): InputError {
    if (this.diagnostic.place !== undefined || place === undefined) return this;
    return new InputError({ ...this.diagnostic, place });
  }
}

/** Throws an {@link InputError}; the rest of the diagnostic (hint, expectation, place) is optional. */
export function fail(code: string, message: string, rest: Omit<Diagnostic, "code" | "message"> = {}): never {
  throw new InputError({ code, message, ...rest });
}

/** What is wrong where the system lets the program open no more files: a setting of the user's, no bug; nothing for any other error. */
export function tooManyFiles(error: unknown): Diagnostic | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "EMFILE" && code !== "ENFILE") return undefined;
  return { code: "too-many-files", message: `too many files are open (${code})`, hint: "give fewer sources at once, or raise ulimit -n" };
}
