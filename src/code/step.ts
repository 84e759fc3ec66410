import type { Part } from "./part.js";

/** One step of a module: what it constructs, and how it is run on `x`. */
export interface Step {
  /** The constructor that makes it; absent for a statement that needs none. */
  readonly make?: string | undefined;
  /** Statements on `x`, given how the constructed thing is referred to; absent: `x = ref(x)`. */
  readonly run?: ((ref: string) => readonly string[]) | undefined;
  /** What it does besides the layer it belongs to: the padding before a convolution. */
  readonly suffix?: string | undefined;
  /** Helpers that the module must define, by name. */
  readonly helpers?: readonly string[] | undefined;
  /** Lines that it imports. */
  readonly imports?: readonly string[] | undefined;
  /** What a reader must know of how it differs, or needs. */
  readonly note?: string | undefined;
  /** Parameters that it has more than the layer counted, where the framework's class has others. */
  readonly extraParams?: bigint | undefined;
}

/** Writes one layer as steps. Throws `cannot-write` where the framework has nothing like it. */
export type Writer = (part: Part) => readonly Step[];

/** Writers by operator. */
export type Writers = Readonly<Record<string, Writer>>;

/** A step that is only statements. */
export function statement(...lines: readonly string[]): Step {
  return { run: () => lines };
}

/** The same writer for each spatial rank: `conv` as `conv1d`, `conv2d`, `conv3d`. */
export function ranked(op: string, writer: Writer): Writers {
  return Object.fromEntries([1, 2, 3].map((rank) => [`${op}${rank}d`, writer]));
}

/** One writer for paddings of every mode and rank, and for cropping, which is padding by less than nothing. */
export function paddings(writer: Writer): Writers {
  const modes = ["constant_pad", "reflect_pad", "replicate_pad", "circular_pad", "crop"];
  return modes.reduce<Writers>((writers, op) => ({ ...writers, ...ranked(op, writer) }), { pad: writer, crop: writer });
}
