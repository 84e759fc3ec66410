import { fail } from "./diagnostic.js";
import { exactSize, type Shape } from "./shape.js";
import type { Axes, Inference, Layer, Stored, TensorType, Value } from "./layer.js";

/** A value with the order of its axes, so that it can be shown in the reader's layout. */
export interface TypedValue extends Value {
  readonly axes: Axes;
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

/** What a reader inferred of its graph, which holds for these very nodes alone. */
export interface InferredNodes<Node> extends Pick<InferredGraph, "inputs" | "layers"> {
  readonly nodes: readonly Node[];
}

/**
 * A sequence as a channels-last layer reads it: time before features for an LSTM, channels before length for a Conv1D of the core. Keras's
 * tensor is the same memory either way, so nothing is moved. Images have one order everywhere.
 */
function turned(layer: Layer, input: TypedValue): TypedValue {
  const [batch, second, third, ...more] = input.shape;
  if (batch === undefined || second === undefined || third === undefined || more.length > 0) return input;
  const wanted = layer.readsLastAxis === true ? "plain" : layer.axes;
  if (wanted === "any" || input.axes === "any" || wanted === input.axes) return input;
  return { ...input, axes: wanted, shape: [batch, third, second] };
}

function isSame(shape: Shape, other: Shape | undefined): boolean {
  return shape === other || (shape.length === other?.length && shape.every((size, axis) => size === other[axis]));
}

const NONE: readonly InferredLayer[] = [];

/** The one place where sizes and counts are checked that attributes and shapes of any source have led to. Throws `impossible-figure`, `size-too-large`. */
function refuseImpossible(op: string, { outputs, stored, cost, times = 1n }: Inference): void {
  for (const { shape } of outputs) shape.forEach(exactSize);
  const sizes = [...outputs, ...stored].flatMap(({ shape }) => shape);
  const counts = [cost.macs, times, ...Object.values(cost.operations)];
  const wrong = sizes.find((size) => size < 0) ?? counts.find((count) => count < 0n);
  if (wrong !== undefined) fail("impossible-figure", `${op} would have a size or a count of ${wrong}`, { expected: "sizes and counts of 0 or more" });
}

/** What a layer made of the shapes that it read last. */
interface Made {
  readonly shapes: readonly Shape[];
  readonly inference: Inference;
}

/** What layers made of their shapes. */
export type Inferences = ReadonlyMap<Layer, Made>;

/** Runs layers on values, one after the other: their shapes and what each costs. It numbers the values of one run. */
export class Inferrer {
  private count = 0;
  /** A layer that stands in a graph a thousand times is worked out once. */
  private readonly last = new Map<Layer, Made>();

  /** @param known what layers made of their shapes before, when the graph was read: that is not worked out again */
  constructor(private readonly known?: Inferences) {}

  get inferences(): Inferences {
    return this.last;
  }

  /** A value that no layer made: an input of the graph. */
  value(type: TensorType, axes: Axes): TypedValue {
    return { shape: type.shape, dtype: type.dtype, axes, id: this.count++ };
  }

  /** Throws InputError, still without a place, where the layer cannot read its inputs. */
  run(name: string, layer: Layer, given: readonly TypedValue[], storedNames?: readonly string[]): InferredLayer {
    const inputs = layer.channelsLast === true ? given.map((input) => turned(layer, input)) : given;
    if (layer.type === "primitive") return this.primitive(name, layer, inputs, storedNames);
    const steps: InferredLayer[] = [];
    const known = new Map<number, TypedValue>(inputs.map((input) => [input.id, input]));
    const typed = (value: Value): TypedValue => ({
      id: value.id,
      shape: value.shape,
      dtype: value.dtype,
      axes: known.get(value.id)?.axes ?? "plain",
    });
    const add = (stepName: string, stepLayer: Layer, stepInputs: readonly Value[]): readonly [Value, ...Value[]] => {
      const step = this.run(stepName, stepLayer, stepInputs.map(typed));
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
    const known = this.last.get(layer) ?? this.known?.get(layer);
    if (known !== undefined && known.shapes.length === inputs.length && inputs.every(({ shape }, index) => isSame(shape, known.shapes[index])))
      return known.inference;
    const shapes = inputs.map((input) => input.shape);
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
    const axes = layer.axes === "any" ? (inputs[0]?.axes ?? "plain") : layer.axes;
    const [source] = inputs;
    const value = (type: TensorType): TypedValue =>
      layer.view === true && source !== undefined ? { shape: type.shape, dtype: source.dtype, axes, id: source.id } : this.value(type, axes);
    return { name, layer, inputs, outputs: inference.outputs.map(value), inference, steps: NONE, storedNames };
  }
}
