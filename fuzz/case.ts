/** One thing to try: arguments, and the files that they find. */
export interface Case {
  readonly argv: readonly string[];
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** An operator was renamed to one that nobody knows: a result that does not say so hides something. */
  readonly hides?: boolean | undefined;
}
