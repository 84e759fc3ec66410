import { functional, input as kerasInput, kerasCall, layer } from "../read/keras-layers.js";
import { input, model, node, output } from "../read/onnx-model.js";
import { ofFiles, type Wrong } from "./case.js";
import { one } from "./models.js";

/** A sequence of two tensors of different shapes, and a position in it that only the data tells. */
const sequence = (op: string, ...inputs: readonly string[]) =>
  model([
    input("x", [1, 3, 8, 8]),
    input("z", [2]),
    input("p", [], 7),
    node("SequenceConstruct", ["x", "z"], ["s"]),
    node(op, ["s", ...inputs], ["y"]),
    output("y"),
  ]);
const fused = (op: string) => one(op, ["x"], { domain: "com.microsoft" });

const ONNX = ofFiles("m.onnx", [
  ["data-dependent", one("Unsqueeze", ["x", "x"]), "the axes of Unsqueeze is computed from the model's data"],
  ["data-dependent", sequence("SequenceInsert", "z", "p"), "the position of SequenceInsert is computed from the model's data"],
  ["data-dependent", sequence("SequenceErase", "p"), "the position of SequenceErase is computed from the model's data"],
  ["data-dependent", sequence("SequenceAt", "p"), "the position of SequenceAt is computed from the model's data"],
  [
    "data-dependent",
    model([
      input("x", [1, 3, 8, 8]),
      node("Mystery", ["x"], ["u"], { domain: "own" }),
      node("SequenceConstruct", ["u"], ["s"]),
      node("ConcatFromSequence", ["s"], ["y"], { attributes: { axis: 0 } }),
      output("y"),
    ]),
    "a tensor of the sequence has no known shape",
  ],
  ["data-dependent", one("SplitToSequence", ["x", "x"]), "the sizes of SplitToSequence are computed from the model's data"],
  [
    "data-dependent",
    model([
      input("x", [2000]),
      node("SplitToSequence", ["x"], ["s"]),
      node("ConcatFromSequence", ["s"], ["y"], { attributes: { axis: 0 } }),
      output("y"),
    ]),
    "a sequence of 2000 tensors is not followed, which is more than 1000",
  ],
  ["data-dependent", fused("PackedAttention"), "how much PackedAttention attends to depends on the data"],
  ["data-dependent", fused("BeamSearch"), "how many steps BeamSearch takes depends on the data"],
]);

const KERAS = ofFiles("m.json", [
  [
    "data-dependent",
    JSON.stringify(functional([kerasInput("x", [null, 4]), layer("TFOpLambda", "f", { function: "math.zeta" }, ["x"])], "f")),
    "the function math.zeta is not known",
  ],
  ["data-dependent", JSON.stringify(kerasCall("GetItem", {}, [[4], [4]])), "which elements are taken depends on the data"],
  [
    "data-dependent",
    JSON.stringify(functional([kerasInput("x", [null, 4]), layer("SlicingOpLambda", "f", { function: "__operators__.getitem" }, ["x"])], "f")),
    "which elements are taken depends on the data",
  ],
  [
    "data-dependent",
    JSON.stringify(functional([kerasInput("x", [null, 4]), layer("Lambda", "f", { function: ["4wE=", null, null] }, ["x"])], "f")),
    "what this Lambda computes is not written",
  ],
]);

/** What a model file leaves open is a warning, and a row without figures. */
export const OPEN: readonly Wrong[] = [...ONNX, ...KERAS].map((wrong) => ({ ...wrong, told: "row" }));
