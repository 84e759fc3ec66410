import { strToU8, zipSync } from "fflate";
import type { Case } from "./case.js";
import type { Random } from "./random.js";
import { hdf5 } from "./seeds/hdf5.js";
import { GGUF, KERAS, ONNX, PT2_ARCHIVE, TFLITE } from "./seeds/own.js";
import { referenceFiles } from "./seeds/reference.js";
import { safetensors } from "../test/read/weights-model.js";

const KERAS_MODEL = KERAS[0] ?? "";

/** Whole files; whose beginning alone is none. */
const whole = (): readonly (readonly [name: string, content: Uint8Array])[] => [
  ...ONNX.map((bytes) => ["model.onnx", bytes] as const),
  ...referenceFiles(["onnx-light", "onnx-op17"], ".onnx", 60_000).map((bytes) => ["model.onnx", bytes] as const),
  ...TFLITE.map((bytes) => ["model.tflite", bytes] as const),
  ...referenceFiles(["tflite"], ".tflite", 60_000).map((bytes) => ["model.tflite", bytes] as const),
  ["model.h5", hdf5(KERAS_MODEL)],
  ["model.keras", zipSync({ "metadata.json": strToU8("{}"), "config.json": strToU8(KERAS_MODEL) })],
  ["model.pt2", PT2_ARCHIVE],
  ["model.json", strToU8(KERAS_MODEL)],
  ["model.safetensors", safetensors({ "a.weight": { dtype: "F16", shape: [4, 8], data_offsets: [0, 64] } }, 64)],
  ...GGUF.map((bytes) => ["model.gguf", bytes] as const),
];

/** What a FlatBuffer may end with for the sake of alignment, and is no part of it. */
const PADDING = 8;

let made: ReturnType<typeof whole> | undefined;

/** A file of which the end is missing, as a broken download has it: it must be refused, or its result say that it is not whole. */
export function cut(random: Random): Case {
  const [name, content] = random.pick((made ??= whole()));
  const most = content.length - PADDING;
  const length = random.chance(2) ? random.below(most) : most - random.few(64);
  return { argv: [name], files: { [name]: content.subarray(0, length) }, hides: true };
}
