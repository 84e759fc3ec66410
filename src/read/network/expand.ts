import type { Graph } from "../../graph/graph.js";
import { Budget } from "./scope.js";
import { Expander, MAX_STEPS } from "./expander.js";
import { InputSettled, NetworkInputs, type InputSettings } from "./inputs.js";
import { LayerTexts } from "./layers.js";
import type { Network } from "./program.js";
import { parametersOf, type Settings } from "./settings.js";

export interface ExpandOptions extends InputSettings {
  /** Parameters by name, and `variant`: `{ alpha: 0.5 }`. */
  readonly set?: Settings | undefined;
}

/**
 * Prepares a network for being expanded, once or many times with other parameters.
 * @returns a function from options to the graph. It throws InputError with line and column of what does not work out: `unknown-parameter`,
 *   `unknown-name`, `too-many-layers`, shapes that do not fit, and whatever a layer complains of
 */
export function networkExpander(network: Network): (options?: ExpandOptions) => Graph {
  const texts = new LayerTexts();
  return (options = {}) => {
    const { values, variant } = parametersOf(network, options.set ?? {});
    const inputs = new NetworkInputs(network.inputs, options);
    const budget = new Budget(MAX_STEPS);
    // Again where its first layers show that an input was taken for another shape: each is settled once, so that this ends.
    for (let round = 0; round <= network.inputs.length; round++) {
      try {
        return new Expander(network, texts, inputs, values, budget).graph(variant ?? network.name);
      } catch (error) {
        if (!(error instanceof InputSettled)) throw error;
      }
    }
    throw new Error("the inputs of a network did not settle");
  };
}
