import { fail, type Place } from "../graph/diagnostic.js";
import { storedOf, type InferredLayer, type TypedValue } from "../graph/inferrer.js";
import type { AttributeValue } from "../graph/layer.js";
import type { Layout } from "../graph/layout.js";
import type { Shape } from "../graph/shape.js";

/** A layer of a chain that is written at once. */
export interface Part {
  /** Names from the node down, as the source gives them: `features.0`, `depthwise`. */
  readonly name: string;
  readonly layer: InferredLayer;
  readonly op: string;
  readonly input: TypedValue;
  readonly output: TypedValue;
  readonly place: Place | undefined;
  /** The framework that it is written for, for complaints. */
  readonly framework: string;
  /** The order in which that framework holds images. */
  readonly order: Layout;
}

/** Refuses a layer that cannot be written as it is. */
export function cannotWrite(part: Part, why: string, hint?: string): never {
  return fail("cannot-write", `layer ${part.name} (${part.op}) cannot be written for ${part.framework}: ${why}`, { place: part.place, hint });
}

/** Attributes by their types; what an operator's own file always fills in is a bug where it is missing. */
export class Attrs {
  constructor(private readonly part: Pick<Part, "layer" | "op">) {}

  value(name: string): AttributeValue | undefined {
    const { layer, inference } = this.part.layer;
    return layer.type === "composite" ? layer.attributes[name] : inference?.attributes[name];
  }

  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  number(name: string): number {
    return this.optional(name) ?? this.missing(name);
  }

  optional(name: string): number | undefined {
    const value = this.value(name);
    return typeof value === "number" ? value : undefined;
  }

  flag(name: string): boolean {
    return this.value(name) === true;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.missing(name);
  }

  optionalText(name: string): string | undefined {
    const value = this.value(name);
    return typeof value === "string" ? value : undefined;
  }

  sizes(name: string): Shape {
    const value = this.value(name);
    if (!Array.isArray(value)) return this.missing(name);
    return value.map((size: unknown) => (typeof size === "number" ? size : this.missing(name)));
  }

  /** Padding before and after each axis: `1` or `[0, 1]`. */
  pads(name: string): readonly (readonly [number, number])[] {
    const value = this.value(name);
    if (!Array.isArray(value)) return this.missing(name);
    return value.map((pad: unknown) => {
      if (typeof pad === "number") return [pad, pad];
      if (!Array.isArray(pad)) return this.missing(name);
      const pair: readonly unknown[] = pad;
      const [before, after] = pair;
      return typeof before === "number" && typeof after === "number" ? [before, after] : this.missing(name);
    });
  }

  private missing(name: string): never {
    throw new Error(`${this.part.op} has no attribute ${name}`);
  }
}

/** Spatial rank of an operator by its name: 2 of `conv2d`. */
export function rankOf(op: string): number {
  return Number(/(\d)d$/.exec(op)?.[1] ?? 2);
}

/** The shapes of what a layer stores, by name. */
export function storedShape({ layer }: Pick<Part, "layer">, name: string): Shape | undefined {
  return storedOf(layer).find((tensor) => tensor.name === name)?.shape;
}

export function isStored(part: Pick<Part, "layer">, name: string): boolean {
  return storedShape(part, name) !== undefined;
}
