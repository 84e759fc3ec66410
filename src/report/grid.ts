/** A table before it is text: what every tabular format is rendered from. */
export interface Grid {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Said once, in the header. */
  readonly unit: string;
  readonly align: "left" | "right";
  /** Which column a narrow terminal does without first: the highest; absent, never. */
  readonly expendable?: number | undefined;
}

export interface Row {
  readonly cells: readonly string[];
  readonly style: "normal" | "step" | "total" | "failed" | "unavailable";
}

/** Text from a model or a file made harmless for a terminal: control and bidirectional characters become visible escapes. */
export function harmless(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
}
