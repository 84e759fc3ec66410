import type { Place } from "../../graph/diagnostic.js";
import type { Inferrer } from "../../graph/inferrer.js";
import type { Layer } from "../../graph/layer.js";
import { isZero } from "../../graph/values.js";
import type { AlikeNodes } from "./alike.js";
import { fixed, placed } from "./fixed.js";
import type { Ledger } from "./ledger.js";
import { typedValuesOf, type Operand, type Rule } from "./operand.js";
import type { Attributes, FunctionProto } from "./schema.js";
import type { Scope } from "./scope.js";
import type { WrittenTypes } from "./types.js";
import { storedBy } from "./weights.js";

/** What is the same for the whole model. */
export interface Model {
  readonly path: string;
  readonly ledger: Ledger;
  readonly inferrer: Inferrer;
  readonly alike: AlikeNodes;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly types: WrittenTypes;
  readonly ruleOf: (domain: string, op: string) => Rule | undefined;
  /** No two tensors of the file have one name: what it says of them holds inside bodies too. */
  readonly uniqueNames: boolean;
  /** Where the weights of a node are said: `listed` among its inputs, known whatever the operator, or only `implied` by what the layer is. */
  readonly weights: "listed" | "implied";
  /** Nodes run so far, bodies and functions included: a model that unfolds without end is refused. */
  readonly spend: (place: Place) => void;
  /** Values worked out so far, of all nodes. */
  readonly spendValues: (count: number, place: Place) => void;
}

/** Where some nodes are run: as the model's graph, as the body of a node, or as a function. */
export interface Frame {
  readonly scope: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** Stands before the names of layers and tensors. */
  readonly label: string;
  readonly times: bigint;
  readonly depth: number;
  /** Attributes of the call of a function, which its nodes refer to. */
  readonly attributes?: Attributes | undefined;
}

export type Tensor = Extract<Operand, { kind: "tensor" }>;

export interface NewRow {
  readonly name: string;
  readonly layer: Layer;
  readonly inputs: readonly Tensor[];
  /** Names of the outputs in the file. */
  readonly names: readonly string[];
  readonly place: Place;
  readonly storedNames?: readonly string[] | undefined;
}

/** Infers a layer and puts it into the ledger; returns its outputs. Throws what the layer finds wrong with its inputs. */
export function addRow(model: Model, frame: Frame, { name, layer, inputs, names, place, storedNames }: NewRow): readonly Operand[] {
  const inferred = model.inferrer.run(
    name,
    layer,
    inputs.map((tensor) => tensor.value),
    storedNames,
  );
  const outputs = inferred.outputs.map((value, index): Tensor => {
    const own = names[index];
    // In the model's own graph tensors have their names; elsewhere, and where a name is left out, the value's number makes one.
    const free = own !== undefined && own !== "" && frame.label === "";
    return { kind: "tensor", name: free ? own : `${name}#${value.id}.${index}`, value };
  });
  const node = { name, layer, inputs: inputs.map((tensor) => tensor.name), outputs: outputs.map((tensor) => tensor.name), place, storedNames };
  model.ledger.add(node, inferred);
  return outputs;
}

/** A constant as the output of a layer: stored where it looks like a weight, which zeros do not that something begins with. */
export function materialize(model: Model, frame: Frame, operand: Extract<Operand, { kind: "constant" }>, place: Place): Operand {
  const values = operand.shape.length > 1 ? typedValuesOf(operand) : undefined;
  const learned = values !== undefined && isZero(values) ? [] : [operand];
  const stored = storedBy(model.ledger, learned, { role: "parameter", always: false, scores: false });
  const layer = fixed({ op: "constant", outputs: [operand.shape], dtype: operand.dtype, stored });
  return addRow(model, frame, { name: operand.name, layer: placed(layer, undefined, 1n), inputs: [], names: [], place })[0] ?? operand;
}
