import type { Stored } from "../../graph/layer.js";
import type { ByteSource } from "../onnx/bytes.js";
import { datasets, datasetsAndNames, type Dataset } from "./hdf5-datasets.js";

/** What a file stores for each layer, by the layer's name: tensors of which it does not say whether they are trained. */
export type StoredShapes = ReadonlyMap<string, readonly Omit<Stored, "role">[]>;

/** Of an HDF5 file of Keras: `model_weights` has a group for each layer. */
export function legacyWeights(source: ByteSource, path: string): StoredShapes {
  return groupedBy(datasets(source, path), ({ path: [top, layer] }) => (top === "model_weights" && layer !== undefined ? [layer] : []));
}

/** Of the `model.weights.h5` of an archive: a layer's variables, and those of the layers in it, stand beside and below `vars`, which says its name. */
export function archiveWeights(source: ByteSource, path: string): StoredShapes {
  const { found, names } = datasetsAndNames(source, path);
  return groupedBy(found, (dataset) => dataset.path.flatMap((_, depth) => names.get([...dataset.path.slice(0, depth), "vars"].join("/")) ?? []));
}

function groupedBy(found: readonly Dataset[], layersOf: (dataset: Dataset) => readonly string[]): StoredShapes {
  const groups = new Map<string, Omit<Stored, "role">[]>();
  for (const dataset of found) {
    const { path, shape, dtype } = dataset;
    for (const layer of layersOf(dataset)) {
      const group = groups.get(layer) ?? [];
      group.push({ name: path.join("/"), shape, dtype: dtype === "float32" ? undefined : dtype });
      groups.set(layer, group);
    }
  }
  return groups;
}
