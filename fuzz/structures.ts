import { edited } from "./structure/edited.js";
import { flagOrder } from "./structure/flags.js";
import { many } from "./many/many.js";
import { onnxControl } from "./structure/onnx-control.js";
import { tfliteControl } from "./structure/tflite-control.js";
import { kerasWeights } from "./weights/keras.js";
import { onnxWeights } from "./weights/onnx.js";
import { pt2Weights } from "./weights/pt2.js";
import { tfjsWeights } from "./weights/tfjs.js";
import { tfliteWeights } from "./weights/tflite.js";
import type { Target } from "./target.js";

/** Cases that are built, so that it is known what is right: what they cost, what they contradict, how they grow. */
export const STRUCTURES: readonly Target[] = [
  { name: "onnx-control", covers: [], make: onnxControl, share: 2, seconds: 2 },
  { name: "tflite-control", covers: [], make: tfliteControl, share: 4, seconds: 2 },
  { name: "onnx-weights", covers: [], make: onnxWeights },
  { name: "tflite-weights", covers: [], make: tfliteWeights },
  { name: "tfjs-weights", covers: [], make: tfjsWeights },
  { name: "keras-weights", covers: [], make: kerasWeights },
  { name: "pt2-weights", covers: [], make: pt2Weights },
  { name: "edited", covers: [], make: edited },
  { name: "flag-order", covers: [], make: flagOrder },
  { name: "many", covers: [], make: many, share: 25, megabytes: 300, hangs: 120 },
];
