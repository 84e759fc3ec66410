import { fail } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import type { Stored } from "../../graph/layer.js";
import type { ByteSource } from "../onnx/bytes.js";
import { weightsGraph } from "../weights/stored.js";
import { datasets, type Dataset } from "./hdf5-datasets.js";

/** Groups of what training keeps, and no model has. */
const OF_TRAINING = /^(optimizer|optimizer_weights|compile_metrics|metrics)$/;
/** Variables of Keras that no gradient moves, by name (Keras 2). */
const STATISTICS = /^(moving_mean|moving_variance|moving_avg|vector_u|sn_u|seed_generator_state|random_generator_state)(:\d+)?$/;
/** Layers all of whose variables are such (Keras 3): statistics of the data, and states of random numbers. */
const WITHOUT_PARAMETERS = /^(normalization|seed_generator|random_\w+)(_\d+)?$/;
/** It keeps the weight of the layer in it a second time, and a vector. */
const SPECTRAL_NORM = /^spectral_normalization(_\d+)?$/;
const BATCH_NORM = /^(sync_)?batch_normalization(_\d+)?$/;

/**
 * An HDF5 file of weights alone: of Keras 2, whose layers are groups of variables by name, or of Keras 3, whose layers have their variables by number
 * (`layers/dense/vars/0`). What an optimizer keeps does not count.
 * Throws `bad-hdf5`.
 */
export function kerasWeights(bytes: ByteSource, path: string): Graph {
  const all = datasets(bytes, path).filter((dataset) => !dataset.path.some((name) => OF_TRAINING.test(name)) && !isCopy(dataset));
  if (all.length === 0) {
    return fail("no-architecture", "this HDF5 file has neither a model of Keras nor weights", {
      place: { kind: "file", path },
      expected: "a file saved by model.save() or model.save_weights()",
    });
  }
  const groups = grouped(all);
  return weightsGraph(
    all.map((dataset) => storedOf(dataset, groups.get(groupOf(dataset)) ?? [])),
    "keras-h5",
    path,
  );
}

/** The weight that a spectral norm keeps a second time (Keras 3). */
export function isCopy({ path }: Dataset): boolean {
  const [name, holder, layer = ""] = path.slice(-3).reverse();
  return holder === "vars" && name === "0" && SPECTRAL_NORM.test(layer);
}

function groupOf({ path }: Dataset): string {
  return path.slice(0, -1).join("/");
}

function grouped(all: readonly Dataset[]): ReadonlyMap<string, readonly Dataset[]> {
  const groups = new Map<string, Dataset[]>();
  for (const dataset of all) {
    const group = groups.get(groupOf(dataset));
    if (group === undefined) groups.set(groupOf(dataset), [dataset]);
    else group.push(dataset);
  }
  return groups;
}

function storedOf(dataset: Dataset, siblings: readonly Dataset[]): Stored {
  const { path, shape, dtype } = dataset;
  return { name: path.join("/"), role: isStatistic(dataset, siblings) ? "buffer" : "parameter", shape, dtype };
}

/** Whether a variable is no parameter. A batch norm of Keras 3 has its two statistics last; LoRA freezes what it adds to. */
function isStatistic({ path }: Dataset, siblings: readonly Dataset[]): boolean {
  const [name = "", holder = "", layer = ""] = path.slice(-3).reverse();
  if (STATISTICS.test(name) || WITHOUT_PARAMETERS.test(holder === "vars" ? layer : holder)) return true;
  if (/^(kernel|embeddings)(:\d+)?$/.test(name)) return siblings.some((sibling) => sibling.path.at(-1)?.startsWith("lora_") === true);
  if (holder !== "vars") return false;
  if (SPECTRAL_NORM.test(layer)) return true;
  return BATCH_NORM.test(layer) && Number(name) >= siblings.length - 2;
}
