import { describe, expect, it } from "vitest";
import { isSaid } from "../fuzz/claim.js";
import type { Files } from "../fuzz/case.js";
import { ioOf } from "../fuzz/oracle.js";
import { KERAS_LAYERS, kerasLayer } from "../fuzz/weights/keras.js";
import { ONNX_OPERATORS, onnxOperator } from "../fuzz/weights/onnx.js";
import { fitting } from "../fuzz/weights/ports.js";
import { PT2_OPERATORS, pt2Operator, withOutput as pt2Ports } from "../fuzz/weights/pt2.js";
import { TFJS_OPERATORS, tfjsOperator } from "../fuzz/weights/tfjs.js";
import { TFLITE_OPERATORS, tfliteOperator, withOutput as tflitePorts } from "../fuzz/weights/tflite.js";
import { analyze } from "../src/analyze/analyze.js";
import { readModel } from "../src/source/read.js";

async function analysed(files: Files) {
  return analyze(await readModel(Object.keys(files).slice(0, 1), ioOf(files).io, [], {}));
}

interface Row {
  readonly what: string;
  readonly files: Files;
}

// What the fuzzing contradicts is whole before: each operator with weights that fit is counted without a word.
const PLAIN: readonly Row[] = [
  ...ONNX_OPERATORS.map((each) => ({ what: `ONNX ${each.op}`, files: { "model.onnx": onnxOperator(each, fitting(each.ports)) } })),
  ...TFLITE_OPERATORS.map((each) => ({ what: `TFLite ${each.op}`, files: { "model.tflite": tfliteOperator(each, fitting(tflitePorts(each))) } })),
  ...TFJS_OPERATORS.map((each) => ({ what: `TF.js ${each.op}`, files: tfjsOperator(each, fitting(each.ports)) })),
  ...PT2_OPERATORS.map((each) => ({ what: `.pt2 ${each.target}`, files: { "model.pt2": pt2Operator(each, fitting(pt2Ports(each))) } })),
  ...KERAS_LAYERS.flatMap((each) =>
    [true, false].map((isArchive) => ({ what: `Keras ${each.className}`, files: kerasLayer(each, fitting(each.ports), isArchive) })),
  ),
];

describe("weights that the fuzzing contradicts", () => {
  it.each(PLAIN)("are counted without a word where they fit: $what", async ({ files }) => {
    const analysis = await analysed(files);
    expect([analysis.warnings, analysis.uncounted]).toEqual([[], []]);
    expect(isSaid(analysis)).toBe(false);
  });
});
