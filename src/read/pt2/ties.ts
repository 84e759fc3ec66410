import { strFromU8 } from "fflate";
import type { Place } from "../../graph/diagnostic.js";
import { elements, type Shape } from "../../graph/shape.js";
import { isList, isObject, readJson, type Json } from "../keras/json.js";
import { ZipArchive, type ZipEntry } from "../zip-directory.js";
import { readStateDict } from "./pickle.js";

/** A stored tensor of an archive: where it lies, which tied ones share, and its sizes. */
export interface Kept {
  readonly key: string;
  readonly sizes: Shape;
}

/** Stored tensors by their names in the module. */
export type Ties = ReadonlyMap<string, Kept>;

const MAX_CONFIG = 256 * 1024 * 1024;

/**
 * Where an archive keeps each weight and constant: `data/weights/NAME_weights_config.json` since PyTorch 2.9, a state dict pickled by torch.save before
 * (`data/weights/NAME.pt`, and `serialized_state_dict.pt` before 2.8). Only headers are read.
 */
export function readTies(archive: ZipArchive, place: Place, path: string): Ties {
  const ties = new Map<string, Kept>();
  for (const entry of archive.entries) {
    if (/(^|\/)data\/(weights|constants)\/[^/]+_config\.json$/.test(entry.name)) addConfig(ties, archive, entry, path);
    else if (/(^|\/)(data\/(weights|constants)\/[^/]+\.pt|serialized_(state_dict|constants)\.(pt|json))$/.test(entry.name))
      addPickled(ties, archive, entry, place);
  }
  return ties;
}

const kept = (where: string, offset: number, sizes: Shape): Kept => ({ key: `${where}@${offset}+${elements(sizes)}`, sizes });

function addConfig(ties: Map<string, Kept>, archive: ZipArchive, entry: ZipEntry, path: string): void {
  const content = archive.content(entry, MAX_CONFIG);
  const config = content === undefined ? undefined : readJson(strFromU8(content), path)["config"];
  for (const [name, payload] of Object.entries(isObject(config) ? config : {})) {
    if (!isObject(payload) || typeof payload["path_name"] !== "string") continue;
    const meta = isObject(payload["tensor_meta"]) ? payload["tensor_meta"] : {};
    const sizes = isList(meta["sizes"]) ? meta["sizes"].map(numberOf) : [];
    ties.set(name, kept(`${entry.name}:${payload["path_name"]}`, numberOf(meta["storage_offset"]), sizes));
  }
}

const numberOf = (size: Json | undefined): number => {
  const number = isObject(size) ? size["as_int"] : size;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : 0;
};

function addPickled(ties: Map<string, Kept>, archive: ZipArchive, entry: ZipEntry, place: Place): void {
  const inside = archive.window(entry);
  // A state dict that is packed would have to be unpacked with its weights.
  if (inside === undefined || inside.length < 22 || String.fromCharCode(...inside.read(0, 2)) !== "PK") return;
  const inner = new ZipArchive(inside, place, "a state dict of torch.save");
  const pickled = inner.entries.find(({ name }) => /(^|\/)data\.pkl$/.test(name));
  const content = pickled === undefined ? undefined : inner.unchecked(pickled, MAX_CONFIG);
  for (const [name, { storage, offset, sizes }] of content === undefined ? [] : (readStateDict(content) ?? [])) {
    ties.set(name, kept(`${entry.name}:${storage}`, offset, sizes));
  }
}
