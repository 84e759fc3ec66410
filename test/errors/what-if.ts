import { input, message, model, node, number, output, tensorOf, weight } from "../read/onnx-model.js";
import type { Wrong } from "./case.js";

const NET = "conv 3x3 3->8 @8x8; relu";
const row = (code: string, says: string, ...argv: readonly string[]): Wrong => ({ code, argv: ["whatif", ...argv], says });
const selector = (text: string, says: string) => row("bad-selector", says, NET, "--replace", text, "--with", "grouped");
/** One convolution that cannot be replaced, and why. */
const left = (spec: string, label: string, says: string, ...flags: readonly string[]) =>
  row(
    "nothing-to-replace",
    `none of the convolutions that are meant can be replaced: 0: ${says}`,
    spec,
    "--replace",
    "any",
    "--with",
    label,
    ...flags,
  );
const leftOf = (content: Uint8Array, says: string, ...flags: readonly string[]): Wrong => ({
  ...row("nothing-to-replace", `can be replaced: ${says}`, "m.onnx", "--replace", "any", "--with", "pointwise", ...flags),
  setting: { files: { "m.onnx": { type: "file", bytes: content } } },
});

const image = input("x", [1, 3, 8, 8]);

/** Replacements that there cannot be, and selectors that say nothing. */
export const WHAT_IFS: readonly Wrong[] = [
  row(
    "missing-argument",
    "1 --replace and 0 --with are no pairs\nexpected: a --with for each --replace\nhint: convcost whatif zoo:vgg16 --replace 'standard k>1' --with depthwise-separable\n",
    NET,
    "--replace",
    "any",
  ),
  row("unknown-variant", "--with: there is no variant 'seperable'\nexpected: standard, depthwise,", NET, "--replace", "any", "--with", "seperable"),
  row("bad-between", "separable_conv2d is several layers\n", NET, "--replace", "any", "--with", "depthwise-separable", "--between", "sep 3x3 8"),
  selector(" ", "--replace: the selector is empty\nexpected: a kind (standard, grouped, depthwise, pointwise, any), a condition on"),
  selector("k>", "--replace: `k>` is no part of a selector\n"),
  selector("dense", "--replace: `dense` is no kind of convolution\n"),
  selector("width>3", "--replace: `width>3` is nothing that a convolution has\n"),
  selector("macs>1.0005K", "--replace: `macs>1.0005K` is no whole number\n"),
  row(
    "nothing-to-replace",
    "no convolution of conv 3x3 3->8 @8x8; relu is meant\nexpected: one of its convolutions: 1 standard\n",
    NET,
    "--replace",
    "k>5",
    "--with",
    "grouped",
  ),
  left("tconv 4x4 8->8 s2 @8x8", "depthwise-separable", "it is a transposed convolution"),
  left("conv 3x3 3->8 @8x8", "standard", "it is standard already"),
  left("dw 3x3 8 @8x8", "depthwise-separable", "it is depthwise already"),
  left("conv 1x1 3->8 @8x8", "bottleneck", "its kernel is 1x1"),
  left("conv 2x2 8->8 p0 @8x8", "pointwise", "its output would be 1x8x8x8, not 1x8x7x7"),
  left("sep 3x3 8->8 @8x8", "grouped", "it is a step of a larger layer"),
  leftOf(model([image, input("w", [4, 3, 3, 3]), node("Conv", ["x", "w"], ["y"]), output("y")]), "Conv_0: its weights are computed by other layers"),
  leftOf(
    model([image, weight("w", [3, 3, 3, 3]), node("Conv", ["x", "w"], ["t"]), node("Conv", ["t", "w"], ["y"]), output("y")]),
    "Conv_0: other layers share its weights",
    "--name",
    "Conv_0",
  ),
  leftOf(
    model([
      image,
      // Of 108 weights 20 are stored: a sparse initializer.
      message(15, message(1, ...tensorOf("w", [20])), message(2, ...tensorOf("", [20], { type: 7 })), ...[4, 3, 3, 3].map((size) => number(3, size))),
      node("Conv", ["x", "w"], ["y"]),
      output("y"),
    ]),
    "Conv_0: its weights are not stored one by one",
  ),
  leftOf(
    model([image, input("o", [1, 18, 6, 6]), weight("w", [4, 3, 3, 3]), node("DeformConv", ["x", "w", "o"], ["y"]), output("y")]),
    "DeformConv_0: deform_conv2d is no plain convolution",
  ),
  leftOf(
    model([input("x", [1, 6, 8]), weight("w", [4, 6, 3]), node("CausalConvWithState", ["x", "w"], ["y"]), output("y")]),
    "CausalConvWithState_0: it is more than a plain convolution",
  ),
];
