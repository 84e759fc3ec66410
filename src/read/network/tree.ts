/** A YAML or JSON text as plain data, with where each part of it stands: what a parser finds, without the parser. */
export type Tree = ScalarTree | ListTree | MapTree;

export type Scalar = string | number | boolean | null;

/** Offsets in the text: the first character, and the one behind the last. */
type Range = readonly [number, number];

export interface ScalarTree {
  readonly range: Range;
  /** Absent where it is the text of the range as it stands. */
  readonly value?: Scalar;
  /** Written as a literal block (`|`). */
  readonly literal?: true;
}

export interface ListTree {
  readonly items: readonly Tree[];
  readonly range: Range;
}

export interface MapTree {
  readonly pairs: readonly (readonly [Tree, Tree])[];
  readonly range: Range;
}
