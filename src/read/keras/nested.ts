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
  const last = new Map<string, number>();
  const references = [...layers.flatMap(({ calls }) => calls.flatMap(({ tensors }) => tensors)), ...outputs];
  for (const { layer, call } of references) last.set(layer, Math.max(call, last.get(layer) ?? 0));
  const models = new Map(layers.filter(({ layer }) => isModel(layer)).map((called) => [called.name, shiftsOf(called, last.get(called.name) ?? 0)]));
  const moved = (history: History, place: "inner" | "output"): History => {
    const shift = models.get(history.layer)?.[place] ?? 0;
    return shift === 0 ? history : { ...history, call: history.call - shift };
  };
  return { inner: (history: History) => moved(history, "inner"), output: (history: History) => moved(history, "output") };
}

/** @param last the highest number of a call of it that is referred to */
function shiftsOf({ layer, calls }: CalledLayer, last: number) {
  const isLegacy = [layer["inbound_nodes"]].flat().some((node) => !isObject(node));
  if (!isLegacy) return { inner: 0, output: layer["class_name"] === "Sequential" ? 0 : 1 };
  const shift = last >= calls.length ? 1 : 0;
  return { inner: shift, output: shift };
}
