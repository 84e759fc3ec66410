import type { Graph } from "../graph/graph.js";
import type { ExpandOptions, Network } from "../read/network/network.js";

/** What an argument names, read but not yet expanded. */
export type Source =
  | { readonly type: "layers"; readonly graph: Graph }
  /** A model file, or the text of print(model), as `what` says: shapes may be set, nothing else. */
  | { readonly type: "model"; readonly what: string; readonly read: (options: ModelOptions) => Graph }
  /** The JSON that an earlier count has printed. */
  | { readonly type: "analysis"; readonly text: string; readonly source: string }
  /** A network file: `expand` makes its graph for some parameters, as often as needed. */
  | { readonly type: "network"; readonly written: NetworkText; readonly network: Network; readonly expand: (options?: ExpandOptions) => Graph };

/** A network file as it was read, with the variant that its name chose. */
export interface NetworkText {
  readonly text: string;
  readonly source: string;
  readonly syntax: "yaml" | "json";
  readonly variant?: string | undefined;
}

/** What a model's inputs are set to. */
export interface ModelOptions extends ExpandOptions {
  /** Sizes that a model file has names for. */
  readonly dims?: Readonly<Record<string, number>> | undefined;
}

export type NetworkSource = Extract<Source, { type: "network" }>;
export type OpenNetwork = (written: NetworkText) => Promise<NetworkSource>;
