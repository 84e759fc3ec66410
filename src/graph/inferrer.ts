import { fail } from "./diagnostic.js";
import { exactSize, type Shape } from "./shape.js";
import { turnShape, type Layout } from "./layout.js";
import { isLayout, orderAfter, type Axes, type Inference, type Layer, type Stored, type TensorType, type Value } from "./layer.js";

/** A value with the order of its axes, so that it can be shown in another layout. */
export interface TypedValue extends Value {
  readonly axes: Axes;
  /** The layer that made it says its order itself: it is shown as it is. */
  readonly ownOrder?: boolean | undefined;
}

/** The shape of a value in the layout that is asked for; without one as the source has it. */
export function shown({ shape, axes, ownOrder }: TypedValue, layout: Layout | undefined): Shape {
  return layout === undefined || ownOrder === true || !isLayout(axes) ? shape : turnShape(shape, axes, layout);
}

/** A layer with its shapes known; a composite has its steps, a primitive its own inference. */
export interface InferredLayer {
  readonly name: string;
  readonly layer: Layer;
  readonly inputs: readonly TypedValue[];
  readonly outputs: readonly TypedValue[];
  readonly inference?: Inference | undefined;
  readonly steps: readonly InferredLayer[];
  /** Names of what it stores, where its node has others than its layer. */
  readonly storedNames?: readonly string[] | undefined;
}

/** What a primitive layer stores, under the names of its node; nothing for a composite, whose steps do. */
export function storedOf({ inference, storedNames }: InferredLayer): readonly Stored[] {
  const stored = inference?.stored ?? [];
  return storedNames === undefined ? stored : stored.map((tensor, index) => ({ ...tensor, name: storedNames[index] ?? tensor.name }));
}

/** A graph with its shapes known: its layers in execution order. */
export interface InferredGraph {
  readonly inputs: readonly TypedValue[];
  readonly layers: readonly InferredLayer[];
  readonly outputs: readonly TypedValue[];
}

function isSame(shape: Shape, other: Shape | undefined): boolean {
  return shape === other || (shape.length === other?.length && shape.every((size, axis) => size === other[axis]));
}

const NONE: readonly InferredLayer[] = [];

/** The one place where sizes and counts are checked that attributes and shapes of any source have led to. Throws `impossible-figure`, `size-too-large`. */
function refuseImpossible(op: string, { outputs, stored, cost, times = 1n }: Inference): void {
  for (const { shape } of outputs) for (const size of shape) if (exactSize(size) < 0) impossible(op, size);
  for (const { shape } of stored) for (const size of shape) if (size < 0) impossible(op, size);
  if (cost.macs < 0n) impossible(op, cost.macs);
  if (times < 0n) impossible(op, times);
  for (const count of Object.values(cost.operations)) if (count < 0n) impossible(op, count);
}

function impossible(op: string, count: number | bigint): never {
  return fail("impossible-figure", `${op} would have a size or a count of ${count}`, { expected: "sizes and counts of 0 or more" });
}

/** What a layer made of the shapes that it read last. */
interface Made {
  readonly shapes: readonly Shape[];
  readonly inference: Inference;
}

/** Runs layers on values, one after the other: their shapes and what each costs. It numbers the values of one run. */
export class Inferrer {
  private count = 0;
  /** A layer that stands in a graph a thousand times is worked out once. */
  private readonly last = new Map<Layer, Made>();

  /** What layers made of the shapes that they read last. */
  get inferences(): ReadonlyMap<Layer, Made> {
    return this.last;
  }

  /** A value that no layer made: an input of the graph. */
  value(type: TensorType, axes: Axes, ownOrder?: boolean): TypedValue {
    return { shape: type.shape, dtype: type.dtype, axes, ownOrder, id: this.count++ };
  }

  /** Throws InputError, still without a place, where the layer cannot read its inputs. */
  run(name: string, layer: Layer, inputs: readonly TypedValue[], storedNames?: readonly string[]): InferredLayer {
    if (layer.type === "primitive") return this.primitive(name, layer, inputs, storedNames);
    const steps: InferredLayer[] = [];
    const known = new Map<number, TypedValue>(inputs.map((input) => [input.id, input]));
    const typed = (value: Value): TypedValue => ({
      id: value.id,
      shape: value.shape,
      dtype: value.dtype,
      axes: known.get(value.id)?.axes ?? "plain",
      ownOrder: known.get(value.id)?.ownOrder,
    });
    const add = (stepName: string, stepLayer: Layer, stepInputs: readonly Value[]): readonly [Value, ...Value[]] => {
      const ordered = layer.ownOrder === true ? { ...stepLayer, ownOrder: true } : stepLayer;
      const step = this.run(stepName, ordered, stepInputs.map(typed));
      steps.push(step);
      for (const output of step.outputs) known.set(output.id, output);
      const [first, ...rest] = step.outputs;
      if (first === undefined) throw new Error(`${stepLayer.op} has no output`);
      return [first, ...rest];
    };
    const outputs = layer.expand({ add }, inputs).map(typed);
    return { name, layer, inputs, outputs, steps };
  }

  private inference(layer: Extract<Layer, { type: "primitive" }>, inputs: readonly TypedValue[]): Inference {
    const known = this.last.get(layer);
    if (known !== undefined && known.shapes.length === inputs.length && inputs.every(({ shape }, index) => isSame(shape, known.shapes[index])))
      return known.inference;
    const shapes = inputs.map(({ shape }) => shape);
    const inference = layer.infer(shapes);
    refuseImpossible(layer.op, inference);
    this.last.set(layer, { shapes, inference });
    return inference;
  }

  private primitive(
    name: string,
    layer: Extract<Layer, { type: "primitive" }>,
    inputs: readonly TypedValue[],
    storedNames: readonly string[] | undefined,
  ): InferredLayer {
    const inference = this.inference(layer, inputs);
    const [source] = inputs;
    const axes = orderAfter(layer, source?.axes ?? "plain");
    const ownOrder = (layer.makes ?? layer.axes) === "any" ? source?.ownOrder : layer.ownOrder;
    const value = (type: TensorType): TypedValue =>
      layer.view === true && source !== undefined
        ? { shape: type.shape, dtype: source.dtype, axes, ownOrder, id: source.id }
        : this.value(type, axes, ownOrder);
    return { name, layer, inputs, outputs: inference.outputs.map(value), inference, steps: NONE, storedNames };
  }
}
