import type { Graph } from "../../graph/graph.js";
import { readNetwork, type ReadNetworkOptions } from "./compile.js";
import { networkExpander, type ExpandOptions } from "./expand.js";

export { readNetwork, type ReadNetworkOptions } from "./compile.js";
export { networkExpander, type ExpandOptions } from "./expand.js";
export { parseValues, type Values } from "./axis.js";
export { parsePredicate } from "./predicate.js";
export type { Network } from "./program.js";
export { parametersOf, settingValue, type Settings } from "./settings.js";

/**
 * Reads a network file (YAML or JSON) and expands it into a graph.
 * @throws InputError with line and column of whatever is wrong
 */
export function parseNetwork(text: string, options: ReadNetworkOptions & ExpandOptions = {}): Graph {
  return networkExpander(readNetwork(text, options))(options);
}
