import type { Stored } from "../../graph/layer.js";
import type { Reading } from "./module.js";
import type { PrintedModule } from "./tree.js";

/** What a module with children stores itself, and the child that shows no more than that. */
interface Own {
  /** Undefined where what it prints of itself says no layer. */
  readonly stores: readonly Stored[] | undefined;
  readonly more?: string | undefined;
  readonly hidden?: string | undefined;
  /** A parametrization that keeps buffers whose sizes are not printed. */
  readonly keeps?: string | undefined;
}

const PARAMETRIZATIONS = "parametrizations";

/**
 * What a module stores whose tensors are parametrized (torch.nn.utils.parametrize): the original tensors, and what the parametrization keeps beside them.
 * Any other module stores what its arguments say.
 */
export function parametrized({ className, children }: PrintedModule, reading: Reading | undefined): Own {
  const all = children.find(({ name }) => name === PARAMETRIZATIONS);
  if (reading?.stores === undefined || all === undefined) return { stores: reading?.stores, more: reading?.more };
  const { stores } = reading;
  const lists = all.children.map((list) => ({ tensor: stores.find(({ name }) => name === list.name), list }));
  const added = lists.map(({ tensor, list }) => addedBy(tensor, list, /ConvTranspose/.test(className) ? 1 : 0));
  return {
    stores: [...stores, ...added.flatMap((each) => each.stores)],
    more: reading.more ?? added.find((each) => each.more !== undefined)?.more,
    hidden: PARAMETRIZATIONS,
    // Its base, where it has one (use_trivialization).
    keeps: lists.some(({ list }) => list.children.some((each) => each.className === ORTHOGONAL)) ? ORTHOGONAL : undefined,
  };
}

/** @param rows the dimension of the output channels, which spectral norm takes first */
function addedBy(tensor: Stored | undefined, { children }: PrintedModule, rows: number): Added {
  const unknown = children.find(({ className }) => !KNOWN.has(className));
  if (tensor === undefined || unknown !== undefined) {
    const what = unknown?.className ?? "a parametrization";
    return { stores: [], more: `the parametrization ${what} is not known: it may store other tensors than those that are counted` };
  }
  return { stores: children.flatMap(({ className }) => tensorsOf(className, tensor, rows)) };
}

interface Added {
  readonly stores: readonly Stored[];
  readonly more?: string;
}

/** Parametrizations of torch.nn.utils.parametrizations. */
const ORTHOGONAL = "_Orthogonal";
const KNOWN = new Set(["_WeightNorm", "_SpectralNorm", ORTHOGONAL]);

function tensorsOf(className: string, { name, shape }: Stored, rows: number): readonly Stored[] {
  const size = shape.reduce((product, length) => product * length, 1);
  const height = shape[rows] ?? 1;
  // A norm for each row beside the direction, which has the shape of the weight (arXiv 1602.07868). Its `dim` is not printed: 0 is taken.
  if (className === "_WeightNorm") return [{ name: `${name}.original0`, role: "parameter", shape: [shape[0] ?? 1] }];
  if (className !== "_SpectralNorm" || shape.length < 2) return [];
  return [
    { name: `${name}._u`, role: "buffer", shape: [height] },
    { name: `${name}._v`, role: "buffer", shape: [size / height] },
  ];
}
