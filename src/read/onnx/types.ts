import { fail } from "../../graph/diagnostic.js";
import type { DType } from "../../graph/dtype.js";
import type { OpenTensor } from "../../graph/graph.js";
import { formatShape, type Shape } from "../../graph/shape.js";
import { closest } from "../notation/closest.js";
import { dtypeOf } from "./operand.js";
import { graphsIn, type GraphProto, type Sizes, type TypeProto, type ValueInfo } from "./schema.js";

/** Names that exporters give to every open dimension: they say nothing. */
const NO_NAME = /^(|\?|-1|None|unk__\d+)$/;

/** The name of a dimension, where it has one that says something. */
export function symbolOf(size: number | string | null): string | undefined {
  return typeof size === "string" && !NO_NAME.test(size) ? size : undefined;
}

/** What a file says of a tensor. */
export interface WrittenType {
  readonly shape: readonly number[];
  readonly dtype: DType | undefined;
  /** The file leaves a size open: its placeholder stands in the shape. */
  readonly open: boolean;
}

/** What the file says of its tensors, with the sizes that its symbols stand for. */
export class WrittenTypes {
  private readonly sizes = new Map<string, number>();
  private readonly infos: ReadonlyMap<string, ValueInfo>;
  /** Inputs have other sizes than the file says: what it says of tensors between nodes does not hold. */
  private overridden = false;

  /** Throws `unknown-dimension` for a size that the file has no name for. */
  constructor(graph: GraphProto, dims: Readonly<Record<string, number>>) {
    this.infos = new Map([...infosOf(graph), ...graph.outputs].map((info) => [info.name, info]));
    const names = new Set([...graph.inputs, ...this.infos.values()].flatMap(({ type }) => sizesOf(type).flatMap((size) => symbolOf(size) ?? [])));
    for (const [name, size] of Object.entries(dims)) {
      if (!names.has(name)) unknownDimension(name, [...names]);
      this.sizes.set(name, size);
    }
  }

  size(size: number | string | null): number | undefined {
    if (typeof size === "number") return size >= 0 ? size : undefined;
    const symbol = symbolOf(size);
    return symbol === undefined ? undefined : this.sizes.get(symbol);
  }

  /** The shape that the file gives a tensor, as far as it is known. */
  open({ name, type }: ValueInfo): OpenTensor | undefined {
    if (type?.kind !== "tensor" || type.shape === undefined) return undefined;
    return { name, shape: type.shape.map((size) => this.size(size) ?? symbolOf(size) ?? null), dtype: dtypeOf(type.elementType) };
  }

  /**
   * Gives a symbol its size, unless it has one.
   * @param placeholder what the file stores where the size is open
   */
  bind(size: number | string | null, value: number, placeholder?: number): void {
    const symbol = symbolOf(size);
    if (symbol !== undefined && !this.sizes.has(symbol)) this.sizes.set(symbol, value);
    const written = typeof size === "number" ? size : placeholder;
    if (written !== undefined && written !== value) this.overridden = true;
  }

  /** The shape that the file gives a tensor, where all of it is known or has a placeholder. */
  shape(name: string): WrittenType | undefined {
    const type = this.infos.get(name)?.type;
    if (type?.kind !== "tensor" || type.shape === undefined || this.overridden) return undefined;
    const known = type.shape.map((size) => this.size(size));
    const shape = known.flatMap((size, axis) => size ?? type.placeholders?.[axis] ?? []);
    if (shape.length < known.length) return undefined;
    return { shape, dtype: dtypeOf(type.elementType), open: known.includes(undefined) };
  }

  /** What the file says of the shape of a tensor, where it has another one: sizes that are open there fit any. */
  contradiction(name: string, shape: Shape | undefined): string | undefined {
    const type = this.infos.get(name)?.type;
    if (shape === undefined || type?.kind !== "tensor" || type.shape === undefined || this.overridden) return undefined;
    const sizes = type.shape.map((size) => this.size(size) ?? symbolOf(size) ?? null);
    const fits = sizes.length === shape.length && sizes.every((size, axis) => typeof size !== "number" || size === shape[axis]);
    return fits ? undefined : `the file says that ${name} is ${formatShape(sizes)}, and it is ${formatShape(shape)}`;
  }

  /** The element type that the file gives a tensor, whatever its shape. */
  dtype(name: string): DType | undefined {
    const type = this.infos.get(name)?.type;
    return type?.kind === "tensor" ? dtypeOf(type.elementType) : undefined;
  }
}

/** Types of a graph's tensors, and of those of the graphs inside its nodes, whose names do not hide the outer ones. */
function infosOf(graph: GraphProto): readonly ValueInfo[] {
  return [...[...graphsIn(graph.nodes)].reverse().flatMap(({ valueInfo }) => valueInfo), ...graph.valueInfo];
}

function sizesOf(type: TypeProto | undefined): Sizes {
  if (type?.kind === "tensor") return type.shape ?? [];
  return type?.kind === "sequence" || type?.kind === "optional" ? sizesOf(type.element) : [];
}

function unknownDimension(name: string, names: readonly string[]): never {
  const near = closest(name, names);
  return fail("unknown-dimension", `the model has no dimension called '${name}'`, {
    place: { kind: "flag", flag: "--dim" },
    expected: names.length === 0 ? "no --dim: all sizes of this model are fixed" : names.slice(0, 12).join(", "),
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
}
