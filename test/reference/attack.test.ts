import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { convcost, type Outcome } from "../cli/run.js";
import { hasReference } from "./reference.js";

/** Runs the command with one file of the folder in place of FILE. */
async function attack(name: string, ...argv: readonly string[]): Promise<Outcome> {
  const bytes = readFileSync(new URL(`../../../shared/reference/attack/${name}`, import.meta.url));
  return convcost(
    argv.map((word) => (word === "FILE" ? name : word)),
    { files: { [name]: { type: "file", bytes } } },
  );
}

describe.skipIf(!hasReference("attack"))("hostile files", () => {
  it("attrs3000.onnx and sum20000.yaml are counted, whatever they repeat", async () => {
    expect([(await attack("attrs3000.onnx", "count", "FILE")).code, (await attack("sum20000.yaml", "count", "FILE")).code]).toEqual([0, 0]);
  });

  // onnxruntime refuses each of these when it loads or runs it.
  it.each([
    ["scan0.onnx", "num_scan_inputs of Scan is 0"],
    ["ctneg.onnx", "output_shape of ConvTranspose is -1000"],
    ["sem-bn-contradict.onnx", "input 1 of BatchNormalization is 7\nexpected: 3"],
    ["sem-conv-zero-k.onnx", "the kernel of Conv is 0x0"],
    ["sem-ct-op-huge.onnx", "output_padding of ConvTranspose is 1000x1000"],
    ["sem-dup-input+init.onnx", "the input w is 8x3x5x5, and the initializer of that name 3x3x3x3"],
    ["sem-gemm-bias.onnx", "input 2 of Gemm is 7\nexpected: 2x5"],
    ["sem-init-contradicts-bias.onnx", "input 2 of Conv is 99\nexpected: 3"],
    ["sem-kernel_shape-contradict.onnx", "input 1 of Conv is 3x3x3x3\nexpected: 3x3x1x1"],
    ["sem-layernorm-contradict.onnx", "input 1 of LayerNormalization is 99\nexpected: 1x3x8x8"],
    ["sem-prelu-contradict.onnx", "input 1 of PRelu is 7x1x1\nexpected: 1x3x8x8"],
    ["sem-scalar-matmul.onnx", "MatMul cannot multiply a scalar"],
    ["g.safetensors", "the data of tensor v begins at byte 0, and that before it ends at 36"],
    ["dims40k.onnx", "no tensor has 40000 dimensions\nexpected: at most 64"],
    ["loop2^62d3.onnx", "this model runs more than"],
    ["laughs18x2.onnx", "this model runs more than"],
  ])("%s is refused, and passes no budget", async (name, says) => {
    const { code, stderr, stdout } = await attack(name, "count", "FILE");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
    expect((await attack(name, "check", "FILE", "--max-macs", "0", "--no-unknown")).code).toBe(2);
  });

  it.each([
    // The value_info of its middle tensor is another than its nodes make: said, since onnxruntime warns, too.
    ["sem-vi-contradict.onnx", [1, 3, 4, 4], 3 * 27 * (36 + 16), "the file says that t is 1x3x100x100, and it is 1x3x6x6"],
    // ConvTranspose-11: where output_shape is given, pads are not read. Multiply-adds follow the 10 x 3 input positions.
    ["ct-output-shape-pads.onnx", [1, 2, 6, 6], 30 * 3 * 2 * 12, ""],
    // ceil(225 / 2) = 113, worked out in float: 113 x 113 positions of 64 x 3 x 9.
    ["ceildiv.onnx", [1, 64, 113, 113], 113 * 113 * 64 * 27, ""],
  ])("%s is counted as it runs", async (name, shape, macs, says) => {
    const { code, stdout } = await attack(name, "count", "FILE", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outputs: [{ shape }], totals: { macs } });
    expect(stdout).toContain(says);
  });

  it.each([
    ["tam1.json", "has the intensity"],
    ["tam-counted+conv.json", "has no counted"],
  ])("%s: a saved analysis that was edited is no evidence", async (name, says) => {
    const asModel = await attack(name, "check", "FILE", "--max-macs", "1G");
    const asBaseline = await attack(
      name,
      "check",
      "zoo:ds_cnn",
      "--baseline",
      "FILE",
      "--max-increase",
      "macs=1000%",
      "--convention",
      name === "tam1.json" ? "convcost" : "thop",
    );
    expect([asModel.code, asBaseline.code]).toEqual([2, 2]);
    expect(asModel.stderr).toContain(says);
    expect(asBaseline.stderr).toContain(says);
  });
});
