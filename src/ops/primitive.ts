import {
  orderAfter,
  type Attributes,
  type AttributeValue,
  type Axes,
  type Cause,
  type Composite,
  type Expansion,
  type Inference,
  type Layer,
  type Primitive,
  type Stored,
  type TensorType,
  type Value,
} from "../graph/layer.js";
import { fail } from "../graph/diagnostic.js";
import { elements, formatShape, type Shape } from "../graph/shape.js";

/** What a layer without weights stores. */
export const NOTHING: readonly Stored[] = [];

type Operations = Readonly<Partial<Record<Cause, bigint>>>;

/** An inference with everything that most operators do not have left empty. */
export function inference(
  outputs: readonly TensorType[],
  rest: {
    readonly stored?: readonly Stored[];
    readonly ports?: Inference["ports"];
    readonly layout?: Inference["layout"];
    readonly macs?: bigint;
    readonly operations?: Operations;
    readonly attributes?: Attributes;
    readonly mixes?: Inference["mixes"];
    readonly kind?: Inference["kind"];
    readonly formulas?: Inference["formulas"];
    readonly uncounted?: Inference["uncounted"];
  } = {},
): Inference {
  return {
    outputs,
    stored: rest.stored ?? NOTHING,
    ports: rest.ports,
    layout: rest.layout,
    cost: { macs: rest.macs ?? 0n, operations: rest.operations ?? {} },
    attributes: rest.attributes ?? {},
    mixes: rest.mixes ?? { channels: false, space: false },
    kind: rest.kind,
    formulas: rest.formulas,
    uncounted: rest.uncounted,
  };
}

const NONE: Attributes = {};

/** Attributes without those that the source does not say. */
export function given(attributes: Readonly<Record<string, AttributeValue | undefined>>): Attributes {
  const names = Object.keys(attributes).filter((name) => attributes[name] !== undefined);
  return names.length === 0 ? NONE : Object.fromEntries(names.map((name) => [name, attributes[name] ?? null]));
}

/** The first input of a layer. Throws `no-input`: a model file may leave it out. */
export function firstInput(inputs: readonly Shape[]): Shape {
  const [first] = inputs;
  return first ?? noInput();
}

/** Says that a layer has nothing to read. Throws `no-input`. */
export function noInput(): never {
  return fail("no-input", "this layer is given nothing to read", { expected: "a tensor as its first input" });
}

/** Refuses an input of another rank. `names` are the ranks in words: `N, C, H, W`. Throws `wrong-rank`. */
export function requireRank(op: string, input: Shape, ranks: readonly number[], axes: string): void {
  if (ranks.includes(input.length)) return;
  fail("wrong-rank", `${op} cannot read an input of ${input.length} dimensions (${formatShape(input)})`, {
    expected: `${ranks.join(" or ")} dimensions: ${axes}`,
    hint: "check --input, or put flatten or a reshape before this layer",
  });
}

/** Axis counted from the end as Python does (-1 is the last). Throws `bad-axis`. */
export function resolveAxis(op: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(resolved) && resolved >= 0 && resolved < rank) return resolved;
  return fail("bad-axis", `${op} works on axis ${axis}, but its input has ${rank} dimensions`, { expected: `${-rank} to ${rank - 1}` });
}

/**
 * A layer that changes no shape and does a fixed number of operations an element.
 * @param perElement operations for each element; 0 for one that costs nothing at inference (dropout)
 */
export function elementwise(op: string, cause: Cause, perElement: bigint, attributes: Attributes = {}): Primitive {
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: "any",
    anyOrder: true,
    infer(inputs) {
      const input = firstInput(inputs);
      const operations: Operations = perElement === 0n ? {} : { [cause]: elements(input) * perElement };
      return inference([{ shape: input }], { operations, attributes });
    },
  };
}

export interface Step {
  readonly name: string;
  readonly layer: Layer;
}

/** Adds steps one after the other and returns the last output. */
export function addChain(steps: Expansion, chain: readonly Step[], input: Value): Value {
  return chain.reduce((value, step) => steps.add(step.name, step.layer, [value])[0], input);
}

/**
 * Layers one after the other, written as one. Rank, batch axis and implied input are those of the first.
 * @param lead name of the step that the whole is shown as (a convolution with its activation)
 */
export function chain(op: string, attributes: Attributes, steps: readonly [Step, ...Step[]], lead?: string): Composite {
  const first = steps[0].layer;
  return {
    type: "composite",
    op,
    stores: storesOf(steps.map((step) => step.layer)),
    axes: chainAxes(steps),
    makes: steps.reduce<Axes>((axes, step) => orderAfter(step.layer, axes), "any"),
    anyOrder: steps.every((step) => step.layer.anyOrder === true),
    ranks: first.ranks,
    batchAxis: first.batchAxis,
    impliedInput: first.impliedInput,
    inChannels: first.inChannels,
    allowsNoChannels: first.allowsNoChannels,
    inputDtype: first.inputDtype,
    attributes,
    lead,
    expand: (expansion, inputs) => {
      const [input] = inputs;
      return input === undefined ? [] : [addChain(expansion, steps, input)];
    },
  };
}

/** What layers store together; undefined where one of them does not say. */
export function storesOf(layers: readonly Layer[]): readonly Stored[] | undefined {
  const stores = layers.flatMap(({ stores: each }) => (each === undefined ? [] : [each]));
  return stores.length === layers.length ? stores.flat() : undefined;
}

function chainAxes(steps: readonly Step[]): Axes {
  return steps.find((step) => step.layer.axes !== "any")?.layer.axes ?? "any";
}
