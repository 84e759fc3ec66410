import { InputError } from "../graph/diagnostic.js";
import type { FileContent, Io } from "../io.js";
import { openFile, openStdin } from "./file.js";
import { openLayers } from "./layers.js";
import { openNetwork } from "./networks.js";
import type { OpenNetwork, Source } from "./source.js";

// A path: no blanks or brackets, and a slash or an extension. `nn.ReLU` is a class without its brackets, not a file; `layers.txt` is one.
const PATH = /^(?!(?:nn|torch|layers|keras|tf)\.(?:\w+\.)*[A-Z]\w*$)[^\s();=@>]*(?:[/\\][^\s();=@>]*|\.[A-Za-z]\w*)$/;
const WORD = /^[\w-]+$/;
const ZOO = /^zoo:(.*)$/;

/** `my model (1).onnx`: a name that could be layers as well is a file's where there is such a file. */
function isNamedLikeFile(arg: string, io: Io): boolean {
  if (!/\.[A-Za-z]\w*$/.test(arg)) return false;
  const file = io.openBytes(arg);
  file?.close();
  return file !== undefined;
}

/** What is this? A name of the zoo, standard input, a file by its content, or layers as they stand. */
export async function openSource(arg: string, io: Io, network: OpenNetwork = openNetwork): Promise<Source> {
  const zoo = ZOO.exec(arg)?.[1];
  if (zoo !== undefined) return openZoo(zoo, network);
  if (arg === "-") return openStdin(io, network);
  const word = WORD.test(arg);
  if (!word && !PATH.test(arg) && !isNamedLikeFile(arg, io)) return openLayers(arg, "spec");
  // One word is a file only where there is one and no layer has that name.
  const isLayer = word && (await import("../read/notation/read.js")).isLayerWord(arg);
  const isLayers = ({ type }: FileContent) => word && (type === "missing" || isLayer);
  return openFile(arg, io, network, isLayers) ?? (word && !isLayer ? openWord(arg) : openLayers(arg, "spec"));
}

/** One word that is neither a file nor a layer: it may be what the zoo has. Throws what is wrong with it as layers. */
async function openWord(word: string): Promise<Source> {
  try {
    return await openLayers(word, "spec");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { zooNameNear } = await import("../zoo/zoo.js");
    const near = zooNameNear(word);
    throw near === undefined || error.diagnostic.hint?.startsWith("did you mean") === true
      ? error
      : new InputError({ ...error.diagnostic, hint: `zoo:${near} is a network of the zoo` });
  }
}

async function openZoo(name: string, network: OpenNetwork): Promise<Source> {
  const { zooModel } = await import("../zoo/zoo.js");
  const { family, ...model } = zooModel(name);
  // By the name that makes the same model again: the family's is another one.
  return network({ ...model, source: `zoo:${model.variant ?? family}`, syntax: "yaml" });
}
