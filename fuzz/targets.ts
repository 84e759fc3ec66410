import { strToU8, zipSync } from "fflate";
import { NET as PRINTED } from "../test/read/printed-model.js";
import { safetensors } from "../test/read/weights-model.js";
import { families } from "../src/ops/table.js";
import type { Case } from "./case.js";
import { batch, check, commandLine, saved, whatIf } from "./commands.js";
import { cut } from "./cut.js";
import { mutateBytes, joined } from "./mutate/bytes.js";
import { mutateFlatbuffer } from "./mutate/flatbuffer.js";
import { mutateJson, type Json, parsed } from "./mutate/json.js";
import { mutateProtobuf, withTexts } from "./mutate/protobuf.js";
import { mutateText } from "./mutate/text.js";
import type { Random } from "./random.js";
import { hdf5 } from "./seeds/hdf5.js";
import { NETWORK_JSON, NETWORKS } from "./seeds/networks.js";
import { DARKNET, GGUF, INPUTS, KERAS, LAYERS, ONNX, OPENVINO, PT2_ARCHIVE, SAFETENSORS, TFJS_MODELS, TFLITE } from "./seeds/own.js";
import { referenceFiles } from "./seeds/reference.js";
import { STRUCTURES } from "./structures.js";
import type { Target } from "./target.js";
import { unzipSync } from "fflate";

const SMALL = 24_000;
const UNKNOWN = "Zzyzx";
const WORDS = families.flatMap(({ torch = [], keras = [], shorthand = [] }) => [
  ...torch.flatMap(({ names }) => names.map((name) => `nn.${name}(`)),
  ...keras.flatMap(({ names }) => names.map((name) => `layers.${name}(`)),
  ...shorthand.flatMap(({ words }) => words),
]);

const lazy = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** Flags that go with a model file: sizes, inputs and a batch, right ones and wrong ones. */
function flags(random: Random): readonly string[] {
  const input = random.chance(3) ? `${random.pick(["x", "input", "s", "__proto__"])}=${random.pick(INPUTS)}` : random.pick(INPUTS);
  switch (random.below(8)) {
    case 0:
      return ["--batch", String(1 + random.below(4))];
    case 1:
      return ["--input", input];
    case 2:
      return ["--dim", `${random.pick(["batch", "seq", "__proto__"])}=${1 + random.below(9)}`];
    default:
      return [];
  }
}

const file = (name: string, content: Uint8Array, random: Random, hides = false): Case => ({
  argv: [name, ...(hides ? [] : flags(random))],
  files: { [name]: content },
  hides,
});

const onnxSeeds = lazy(() => {
  const nodes = referenceFiles(["onnx-nodes"], ".onnx", 4000);
  const models = referenceFiles(["onnx", "onnx-bn", "onnx-dyn", "onnx-light", "onnx-op17"], ".onnx", SMALL);
  return { own: ONNX, nodes: nodes.length > 0 ? nodes : ONNX, models: models.length > 0 ? models : ONNX };
});

/** ModelProto.graph.node.op_type. */
const OP_TYPE = "7,1,4";

function onnx(random: Random): Case {
  const { own, nodes, models } = onnxSeeds();
  const seed = random.chance(40) ? random.pick(models) : random.pick(random.chance(4) ? own : nodes);
  if (random.chance(20)) {
    const renamed = withTexts(seed, (_, path) => (path.join() === OP_TYPE ? UNKNOWN : undefined));
    return file("model.onnx", renamed, random, true);
  }
  const mutated = random.chance(4) ? mutateBytes(seed, random) : mutateProtobuf(seed, random);
  return file("model.onnx", random.chance(10) ? mutateBytes(mutated, random) : mutated, random);
}

const tfliteSeeds = lazy(() => [...TFLITE, ...TFLITE, ...referenceFiles(["tflite"], ".tflite", 60_000)]);

function tflite(random: Random): Case {
  const seed = random.pick(tfliteSeeds());
  return file("model.tflite", random.chance(3) ? mutateBytes(seed, random) : mutateFlatbuffer(seed, random), random);
}

/** A Keras model changed as JSON, or with a class that is not known in the place of one of its layers. */
function kerasText(random: Random): { readonly text: string; readonly hides: boolean } {
  const seed = random.pick(KERAS);
  if (random.chance(20)) return { text: seed.replace(/"(Conv2D|Dense|LSTM)"/, `"${UNKNOWN}"`), hides: true };
  return { text: random.chance(5) ? mutateText(seed, random, ['"class_name"', '"Conv2D"', "null"]) : mutateJson(seed, random), hides: false };
}

const hdf5Seeds = lazy(() => [
  ...KERAS.map((text) => hdf5(text)),
  ...referenceFiles(["keras"], ".h5", 2_000_000).map((bytes) => bytes.slice(0, 60_000)),
]);

function kerasHdf5(random: Random): Case {
  if (random.chance(2)) return file("model.h5", mutateBytes(random.pick(hdf5Seeds()), random), random);
  const { text, hides } = kerasText(random);
  const whole = hdf5(text.slice(0, 60_000));
  return file("model.h5", random.chance(4) ? mutateBytes(whole, random) : whole, random, hides && text.length < 60_000);
}

/** Archives that grow when they are unpacked, or say so. */
const bombs = lazy(() => {
  const blanks = new Uint8Array(48 * 1024 * 1024).fill(32);
  return ["config.json", "net/models/model.json"].map((name) => zipSync({ [name]: blanks }, { level: 1 }));
});

function archived(name: string, entry: string, text: string, random: Random, hides: boolean): Case {
  if (random.chance(2000)) return file(name, random.pick(bombs()), random);
  const level = random.pick([0, 6] as const);
  const zip = zipSync({ ...(entry === "config.json" ? { "metadata.json": strToU8("{}") } : {}), [entry]: strToU8(text) }, { level });
  return random.chance(3) ? file(name, zipHeaders(zip, random), random) : file(name, zip, random, hides);
}

/** Changes in the headers of an archive: sizes, methods, offsets, names. */
function zipHeaders(zip: Uint8Array, random: Random): Uint8Array {
  const bytes = zip.slice();
  const view = new DataView(bytes.buffer);
  const headers: number[] = [];
  for (let at = 0; at + 46 < bytes.length; at++) if (bytes[at] === 0x50 && bytes[at + 1] === 0x4b) headers.push(at);
  for (let left = random.few(4); left > 0 && headers.length > 0; left--) {
    const at = random.pick(headers) + 4 + 2 * random.below(20);
    if (random.chance(2)) view.setUint16(at, random.interesting() & 0xffff, true);
    else view.setInt32(Math.min(at, bytes.length - 4), random.interesting() | 0, true);
  }
  return random.chance(4) ? mutateBytes(bytes, random) : bytes;
}

function keras(random: Random): Case {
  const { text, hides } = kerasText(random);
  return archived("model.keras", "config.json", text, random, hides);
}

const pt2Program = lazy(() => {
  const entries = unzipSync(PT2_ARCHIVE);
  return new TextDecoder().decode(entries["net/models/model.json"]);
});

function pt2(random: Random): Case {
  const hides = random.chance(20);
  const text = hides ? pt2Program().replace("aten.conv2d.default", `aten.${UNKNOWN}.default`) : mutateJson(pt2Program(), random);
  return archived("model.pt2", random.pick(["net/models/model.json", "serialized_exported_program.json"]), text, random, hides);
}

function safetensorsCase(random: Random): Case {
  const header: Json = parsed(mutateJson(random.pick(SAFETENSORS), random));
  const content = safetensors(typeof header === "object" && header !== null ? header : {}, random.pick([0, 67, 67, 67, 1000]));
  return file("model.safetensors", random.chance(2) ? mutateBytes(content, random) : content, random);
}

/** An index and the file that it names; sometimes files that are not there, or the index itself. */
function safetensorsIndex(random: Random): Case {
  const name = "model-00001-of-00002.safetensors";
  const index = JSON.stringify({ metadata: { total_size: 67 }, weight_map: { "a.weight": name, b: name } });
  const part = Object.values(safetensorsCase(random).files)[0];
  const text = random.chance(4) ? mutateText(index, random, [name, "m.index.json", "../", "null"]) : mutateJson(index, random);
  return {
    argv: ["m.index.json", ...flags(random)],
    files: { "m.index.json": strToU8(text), ...(part === undefined || random.chance(8) ? {} : { [name]: part }) },
  };
}

/** A text of a model, with words of its format put in. */
const modelText =
  (name: string, seeds: readonly string[], words: readonly string[]) =>
  (random: Random): Case =>
    file(name, strToU8(mutateText(random.pick(seeds), random, words)), random);

function gguf(random: Random): Case {
  return file("model.gguf", mutateBytes(random.pick(GGUF), random), random);
}

function tfjs(random: Random): Case {
  const { json, shards } = random.pick(TFJS_MODELS);
  const hides = random.chance(20);
  const text = hides
    ? json.replace(/"(Conv2D|Dense)"/, `"${UNKNOWN}"`)
    : random.chance(5)
      ? mutateText(json, random, ['"op"', "null"])
      : mutateJson(json, random);
  const changed = Object.entries(shards).map(([name, bytes]) => [name, !hides && random.chance(4) ? mutateBytes(bytes, random) : bytes] as const);
  return { argv: ["model.json", ...(hides ? [] : flags(random))], files: { "model.json": strToU8(text), ...Object.fromEntries(changed) }, hides };
}

function kerasJson(random: Random): Case {
  const { text, hides } = kerasText(random);
  return file("model.json", strToU8(text), random, hides);
}

function printed(random: Random): Case {
  return file(
    "model.txt",
    strToU8(mutateText(PRINTED, random, [...WORDS.map((word) => word.replace("nn.", "")), "(0): ", "ModuleList(", "2 x "])),
    random,
  );
}

const NETWORK_WORDS = [
  ...WORDS,
  "layers:",
  "repeat:",
  "residual:",
  "concat:",
  "in_channels",
  "shape",
  "make_divisible(",
  "range(",
  "lambda x:",
  "import os",
  "[i for i in range(9)]",
];

function network(random: Random): Case {
  const json = random.chance(5);
  const text = json ? mutateJson(NETWORK_JSON, random) : mutateText(random.pick(NETWORKS), random, NETWORK_WORDS);
  const set = random.chance(5) ? ["--set", mutateText(random.pick(["alpha=0.5", "classes=10", "variant=half"]), random, ["=", "[1, 2]", "x"])] : [];
  const { argv, files } = file(json ? "net.json" : "net.yaml", strToU8(text), random);
  return { argv: [...argv, ...set], files };
}

function layers(random: Random): Case {
  const seed = random.chance(3) ? `${random.pick(LAYERS)}; ${random.pick(LAYERS)}` : random.pick(LAYERS);
  const content = strToU8(mutateText(seed, random, WORDS));
  return {
    argv: ["layers.txt", "--input", random.pick(INPUTS)],
    files: { "layers.txt": random.chance(20) ? mutateBytes(content, random) : content },
  };
}

/** Any reader by what a file says it is: beginnings of one format before the rest of another, under any name. */
function confused(random: Random): Case {
  const contents = [
    ...ONNX,
    ...TFLITE,
    PT2_ARCHIVE,
    ...GGUF,
    strToU8(KERAS[0] ?? ""),
    strToU8(PRINTED),
    strToU8(NETWORKS[0] ?? ""),
    safetensors({}, 0),
  ];
  const [head, rest] = [random.pick(contents), random.pick(contents)];
  const name = random.pick(["model", "m.onnx", "m.tflite", "m.h5", "m.keras", "m.pt2", "m.safetensors", "m.gguf", "m.json", "m.yaml", "m.txt"]);
  const cut = random.below(64);
  return file(name, mutateBytes(joined(head.subarray(0, cut), rest.subarray(random.chance(2) ? cut : 0)), random), random);
}

/** The one table of what is fuzzed; test/fuzz.test.ts holds it against the readers of the program. */
export const TARGETS: readonly Target[] = [
  { name: "onnx", covers: ["onnx"], make: onnx },
  { name: "tflite", covers: ["tflite"], make: tflite },
  { name: "keras-h5", covers: ["keras-h5"], make: kerasHdf5 },
  { name: "keras", covers: ["keras"], make: keras },
  { name: "keras-json", covers: ["keras-json"], make: kerasJson },
  { name: "pt2", covers: ["pt2"], make: pt2 },
  { name: "tfjs", covers: ["tfjs"], make: tfjs },
  { name: "safetensors", covers: ["safetensors"], make: safetensorsCase },
  { name: "safetensors-index", covers: ["safetensors-index"], make: safetensorsIndex },
  { name: "gguf", covers: ["gguf"], make: gguf },
  {
    name: "openvino",
    covers: ["openvino"],
    make: modelText("model.xml", OPENVINO, ["<dim>-1</dim>", "<!DOCTYPE", "&a;", "</layer>", '"0"', "1e99"]),
  },
  {
    name: "darknet",
    covers: ["darknet"],
    make: modelText("model.cfg", DARKNET, ["[net]", "[route]", "layers=-1", "[lstm]", "=0", "groups=2", "stride=-3"]),
  },
  { name: "printed", covers: ["PyTorch's print(model)"], make: printed },
  { name: "network", covers: ["networks"], make: network },
  { name: "layers", covers: ["layers: shorthand, PyTorch, Keras"], make: layers },
  { name: "cut", covers: [], make: cut },
  { name: "command-line", covers: [], make: commandLine },
  { name: "batch", covers: [], make: batch },
  { name: "whatif-code", covers: [], make: whatIf },
  { name: "check", covers: [], make: check },
  { name: "saved", covers: [], make: saved },
  ...STRUCTURES,
  { name: "confused", covers: [], make: confused },
];
