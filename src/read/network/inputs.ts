import { fail, InputError } from "../../graph/diagnostic.js";
import { isLayout, type Layer, type TensorType } from "../../graph/layer.js";
import type { Layout } from "../../graph/layout.js";
import { parseShape } from "../../graph/shape-text.js";
import { MAX_DIMENSION, type Shape } from "../../graph/shape.js";
import { orderOf, withBatch, writtenInputs, writtenShape, type InputShapes, type OrderedShape, type Reader } from "../../graph/written-input.js";
import type { NetworkInput } from "./program.js";
import type { Scope } from "./scope.js";

export interface InputSettings {
  readonly input?: InputShapes | undefined;
  readonly batch?: number | undefined;
  readonly layout?: Layout | undefined;
}

/** Thrown when the first layer shows that an input was taken for another shape: the network is expanded again with this one. */
export class InputSettled extends Error {}

/**
 * The shapes of a network's inputs. Whether a written shape has its batch, and which axis is the channels, only the first layer that reads
 * it tells: until then a guess stands, and where it was wrong the expansion starts again.
 */
export class NetworkInputs {
  private readonly settled = new Map<string, OrderedShape>();

  constructor(
    private readonly declared: readonly NetworkInput[],
    private readonly settings: InputSettings,
  ) {}

  /** What each input is taken for. */
  types(scope: Scope): readonly (OrderedShape & TensorType & { readonly name: string })[] {
    return this.declared.map((input) => {
      const known = this.settled.get(input.name) ?? { shape: this.guess(input, scope), axes: "any" };
      return { name: input.name, dtype: input.dtype, ...known };
    });
  }

  /** Hands an input to the first layer that says what it means. Throws InputSettled where that is not what it was taken for. */
  settle(name: string, layer: Layer, scope: Scope): void {
    const input = this.declared.find((each) => each.name === name);
    if (input === undefined || this.settled.has(name)) return;
    const before = this.guess(input, scope);
    const set = this.set(name);
    const reader: Reader = { lead: layer, imageOrder: layer.imageOrder };
    const known =
      set === undefined ? ordered(reader, withBatch(layer, shapeOf(input, scope), this.settings.batch)) : writtenShape(reader, set, this.settings);
    this.settled.set(name, known);
    if (known.shape.join() !== before.join() || (isLayout(known.axes) && known.axes !== "nchw")) throw new InputSettled();
  }

  private set(name: string): Shape | undefined {
    return writtenInputs(
      this.declared.map((input) => input.name),
      this.settings.input,
    ).get(name);
  }

  private guess(input: NetworkInput, scope: Scope): Shape {
    const set = this.set(input.name);
    const shape = set ?? shapeOf(input, scope);
    const unbatched = shape.length === 3;
    const { batch } = this.settings;
    return unbatched ? [batch ?? 1, ...shape] : shape.map((size, axis) => (axis === 0 ? (batch ?? size) : size));
  }
}

function ordered(reader: Reader, shape: Shape): OrderedShape {
  return { shape, ...orderOf(reader, shape.length) };
}

function shapeOf({ shape, place, name }: NetworkInput, scope: Scope): Shape {
  const sizes = typeof shape === "function" ? shape(scope) : textShape(shape.render(scope), place);
  const wrong = (message: string): never =>
    fail("bad-shape", message, { place, expected: `whole numbers from 1 to ${MAX_DIMENSION}, as in [3, 224, 224] or 3x{resolution}x{resolution}` });
  if (!Array.isArray(sizes) || sizes.length === 0) return wrong(`the shape of ${name} is no list of sizes`);
  return sizes.map((size: unknown) => {
    if (typeof size === "number" && Number.isInteger(size) && size >= 1 && size <= MAX_DIMENSION) return size;
    return wrong(`${String(size)} is no size`);
  });
}

function textShape(text: string, place: NetworkInput["place"]): Shape {
  try {
    return parseShape(text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError({ ...error.diagnostic, place });
  }
}
