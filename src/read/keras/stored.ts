import type { Stored } from "../../graph/layer.js";
import type { ByteSource } from "../onnx/bytes.js";
import { datasets, datasetsAndNames, type Dataset } from "./hdf5-datasets.js";
import { isCopy } from "./weights.js";

/** What a file stores for each layer, by the layer's name: tensors of which it does not say whether they are trained. */
export type StoredShapes = ReadonlyMap<string, readonly Omit<Stored, "role">[]>;

/** What a file stores for one layer of the model itself, those inside it included; of the oldest archives it does not say which. */
export interface StoredGroup {
  readonly layer: string | undefined;
  readonly tensors: readonly Omit<Stored, "role">[];
}

/** The weights of a file. */
export interface StoredWeights {
  readonly byLayer: StoredShapes;
  readonly groups: readonly StoredGroup[];
}

export const NO_WEIGHTS: StoredWeights = { byLayer: new Map(), groups: [] };

/** Variables of the model itself, of no layer (Keras 2.7). */
const OF_MODEL = "top_level_model_weights";

/** Of an HDF5 file of Keras: `model_weights` has a group for each layer. */
export function legacyWeights(source: ByteSource, path: string): StoredWeights {
  const layers = datasets(source, path).filter(({ path: [top, layer] }) => top === "model_weights" && layer !== OF_MODEL);
  const byLayer = groupedBy(layers, ({ path: [, layer] }) => layer ?? []);
  return { byLayer, groups: [...byLayer].map(([layer, tensors]) => ({ layer, tensors })) };
}

/** Of the `model.weights.h5` of an archive: a layer's variables, and those of the layers in it, stand beside and below `vars`, which says its name. */
export function archiveWeights(source: ByteSource, path: string): StoredWeights {
  const { found, names } = datasetsAndNames(source, path);
  const byLayer = groupedBy(found, (dataset) =>
    dataset.path.flatMap((_, depth) => names.get([...dataset.path.slice(0, depth), "vars"].join("/")) ?? []),
  );
  // `layers/dense_1/vars/0`: the layer is the second group, which counts the layers of a class.
  const own = groupedBy(
    found.filter((dataset) => !isCopy(dataset)),
    (dataset) => dataset.path.slice(0, 2).join("/"),
  );
  return { byLayer, groups: [...own].map(([group, tensors]) => ({ layer: names.get(`${group}/vars`), tensors })) };
}

function groupedBy(found: readonly Dataset[], layersOf: (dataset: Dataset) => string | readonly string[]): StoredShapes {
  const groups = new Map<string, Omit<Stored, "role">[]>();
  for (const dataset of found) {
    const { path, shape, dtype } = dataset;
    for (const layer of [layersOf(dataset)].flat()) {
      const group = groups.get(layer) ?? [];
      group.push({ name: path.join("/"), shape, dtype: dtype === "float32" ? undefined : dtype });
      groups.set(layer, group);
    }
  }
  return groups;
}
