import { fail, type Place } from "../../graph/diagnostic.js";
import type { DType } from "../../graph/dtype.js";
import type { Shape } from "../../graph/shape.js";
import type { ProgramGraph, Size } from "./program.js";
import type { StoredTensor } from "./rows.js";

/** What a name of a program's graph stands for. */
export type Held =
  /** A tensor of the graph: an input, or what a row made. */
  | { readonly kind: "tensor"; readonly name: string; readonly shape: Shape; readonly dtype: DType | undefined }
  /** A stored tensor, or another look at one or several. */
  | { readonly kind: "stored"; readonly tensors: readonly StoredTensor[]; readonly shape: Shape; readonly dtype: DType | undefined }
  /** A tensor whose size is not known. */
  | { readonly kind: "open"; readonly reason: string; readonly sizes: readonly Size[]; readonly dtype: DType | undefined };

/** Where a graph is run: as the program's own, or inside a node. Graphs inside nodes see what they are given, and nothing else. */
export interface Frame {
  readonly graph: ProgramGraph;
  readonly held: Map<string, Held>;
  /** Stands before the names of layers and tensors. */
  readonly label: string;
  /** How often the graph runs. */
  readonly times: bigint;
}

/** What a frame holds under a name. Throws `bad-pt2`. */
export function heldUnder({ held }: Frame, name: string, place: Place): Held {
  return (
    held.get(name) ??
    fail("bad-pt2", `nothing before this makes \`${name}\``, {
      place,
      expected: "a graph in execution order, every tensor of which is made or given",
    })
  );
}
