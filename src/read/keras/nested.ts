import { readCall, type Call, type History } from "./calls.js";
import { isObject, type Json, type JsonObject } from "./json.js";

const MODELS = new Set(["Sequential", "Functional", "Model"]);

/** A class of one's own is a model, too, where Keras has written its layers out. */
export function isModel({ class_name: className, config }: JsonObject): boolean {
  if (typeof className === "string" && MODELS.has(className)) return true;
  return isObject(config) && Array.isArray(config["layers"]) && config["output_layers"] !== undefined;
}

export interface CalledLayer {
  readonly layer: JsonObject;
  readonly name: string;
  readonly calls: readonly Call[];
}

export function callsOf(layer: JsonObject): readonly Call[] {
  const inbound = layer["inbound_nodes"];
  return Array.isArray(inbound) ? inbound.map((node: Json) => readCall(node)) : [];
}

/**
 * How the calls of models inside this one are numbered. Each has a call of its own from when it was made, which is not written: Keras 3 counts it
 * in `output_layers` alone, and for Functional models alone; Keras 2 counts it everywhere, but not for a Sequential that was built late (keras/src/models/functional.py,
 * get_config and serialize_node).
 */
export function shifts(layers: readonly CalledLayer[], outputs: readonly History[]) {
  const models = new Map(layers.filter(({ layer }) => isModel(layer)).map((called) => [called.name, called]));
  const references = [...layers.flatMap(({ calls }) => calls.flatMap(({ tensors }) => tensors)), ...outputs];
  const legacyShift = ({ name, calls }: CalledLayer) => (references.some(({ layer, call }) => layer === name && call >= calls.length) ? 1 : 0);
  const isLegacy = ({ layer }: CalledLayer) => [layer["inbound_nodes"]].flat().some((node) => !isObject(node));
  const moved = (history: History, by: (called: CalledLayer) => number): History => {
    const called = models.get(history.layer);
    return called === undefined ? history : { ...history, call: history.call - by(called) };
  };
  return {
    inner: (history: History) => moved(history, (called) => (isLegacy(called) ? legacyShift(called) : 0)),
    output: (history: History) =>
      moved(history, (called) => (isLegacy(called) ? legacyShift(called) : called.layer["class_name"] === "Sequential" ? 0 : 1)),
  };
}
