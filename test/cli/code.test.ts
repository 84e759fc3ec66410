import { describe, expect, it } from "vitest";
import { analyze, parseLayers, writeCode } from "../../src/index.js";
import { ask, pythonWith } from "../code/python.js";
import { convcost, file } from "./run.js";

describe("convcost code", () => {
  it("writes a depthwise separable convolution as a PyTorch user would", async () => {
    const { code, stdout, stderr } = await convcost(["code", "sep 3x3 64->128"]);
    expect([code, stderr]).toEqual([0, ""]);
    // 64*9 + 64*128 weights; 56*56 positions of each.
    expect(stdout).toBe(`from torch import nn


class SeparableConv2d(nn.Module):
    """sep 3x3 64->128

    Input (1, 64, 56, 56), output (1, 128, 56, 56); channels first; images of other sizes fit as well.
    8,768 parameters, 27,496,448 multiply-adds at this size.
    """

    def __init__(self):
        super().__init__()
        self.depthwise = nn.Conv2d(64, 64, kernel_size=3, padding=1, groups=64, bias=False)
        self.pointwise = nn.Conv2d(64, 128, kernel_size=1, bias=False)

    def forward(self, x):
        x = self.depthwise(x)
        return self.pointwise(x)
`);
  });

  it("writes it as one layer of Keras, and as two of Flax", async () => {
    const keras = await convcost(["code", "sep 3x3 64->128 s2", "--framework", "keras"]);
    expect(keras.stdout).toContain(
      'keras.Input(shape=(None, None, 64)),\n            layers.SeparableConv2D(128, 3, strides=2, padding="same", use_bias=False),',
    );
    const flax = await convcost(["code", "sep 3x3 64->128 s2", "--framework", "flax"]);
    expect(flax.stdout).toContain('x = nn.Conv(64, (3, 3), strides=(2, 2), padding="SAME", feature_group_count=64, use_bias=False)(x)');
    expect(flax.stdout).toContain("return nn.Conv(128, (1, 1), use_bias=False)(x)");
  });

  it("takes a network's names, parameters and input", async () => {
    const net =
      "name: my net\nparameters: { classes: 10 }\ninput: [3, 32, 32]\nlayers:\n  - name: body\n    layers: conv 3x3 8 s2 p1; bn; relu\n  - gap; flatten; linear {classes}\n";
    const argv = ["code", "net.yaml", "--set", "classes=7", "-i", "3x64x64", "-o", "net.py"];
    const { code, stdout, written } = await convcost(argv, { files: { "net.yaml": file(net) } });
    expect([code, stdout]).toEqual([0, ""]);
    const text = written.get("net.py") ?? "";
    expect(text).toContain("class MyNet(nn.Module):");
    expect(text).toContain("Input (1, 3, 64, 64), output (1, 7)");
    expect(text).toContain("self.body = nn.Sequential(\n            nn.Conv2d(3, 8, kernel_size=3, stride=2, padding=1, bias=False),");
    expect(text).toContain("nn.Linear(8, 7, bias=False)");
  });

  it("gives the module the name that is asked for", async () => {
    const { stdout } = await convcost(["code", "relu", "--input", "3x8x8", "--name", "Tiny"]);
    expect(stdout).toContain("class Tiny(nn.Module):");
  });

  const refused: readonly (readonly [string, readonly string[], string])[] = [
    ["a framework that is misspelt", ["code", "relu", "--framework", "pytroch"], "did you mean pytorch?"],
    ["a network with branches, by its layer", ["code", "zoo:resnet18"], "layer layer1.basic.add (add) joins 2 tensors"],
    ["a name that is none", ["code", "relu", "--input", "3x8x8", "--name", "class"], "'class' cannot be the name of the module"],
    ["a name that the module uses", ["code", "relu", "--input", "3x8x8", "--name", "nn"], "which the module does not use itself"],
    ["an input on which the code depends", ["code", "conv 3x3 3->8; flatten; linear 10"], "the input shape is not known"],
    [
      "the same in a framework whose code would not show it",
      ["code", "conv 3x3 3->8; flatten; linear 10", "--framework", "keras"],
      "the input shape is not known",
    ],
    [
      "what the framework has not",
      ["code", "lrn 5", "--input", "3x8x8", "--framework", "flax"],
      "layer 0 (local_response_norm) cannot be written for Flax",
    ],
    [
      "a printed attention, whose heads nobody can tell",
      ["code", "MultiheadAttention((out_proj): NonDynamicallyQuantizableLinear(in_features=16, out_features=16, bias=True))", "--input", "5x1x16"],
      "a printed module does not show all that it is set to",
    ],
    ["half of an affine norm", ["code", "layers.BatchNormalization(scale=False)", "--input", "3x8x8"], "has only its shift"],
  ];
  it.each(refused)("refuses %s", async (_, argv, message) => {
    const { code, stdout, stderr } = await convcost(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("carries a framework's defaults to the others, whose own differ", async () => {
    // Keras: a slope of 0.2 by name and 0.3 as a layer, epsilon 0.001, momentum 0.99; PyTorch: 0.01, 1e-5, 0.1. Exact GELU is not Flax's default.
    const torch = await convcost([
      "code",
      'layers.Dense(4, activation="leaky_relu"); layers.LeakyReLU(); layers.BatchNormalization()',
      "--input",
      "8",
    ]);
    expect(torch.stdout).toContain("nn.LeakyReLU(negative_slope=0.2)");
    expect(torch.stdout).toContain("nn.LeakyReLU(negative_slope=0.3)");
    expect(torch.stdout).toContain("nn.BatchNorm1d(4, eps=0.001, momentum=0.01)");
    const flax = await convcost(["code", "nn.LeakyReLU(); nn.GELU(); nn.BatchNorm2d(3)", "--input", "3x8x8", "--framework", "flax"]);
    expect(flax.stdout).toContain("nn.leaky_relu(x, negative_slope=0.01)");
    expect(flax.stdout).toContain("nn.gelu(x, approximate=False)");
    expect(flax.stdout).toContain("nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)");
    const keras = await convcost(["code", "nn.LeakyReLU(); nn.BatchNorm2d(3)", "--input", "3x8x8", "--framework", "keras"]);
    expect(keras.stdout).toContain("layers.LeakyReLU(negative_slope=0.01)");
    expect(keras.stdout).toContain("layers.BatchNormalization(momentum=0.9, epsilon=1e-05)");
  });

  it("is completed, its frameworks too", async () => {
    const { stdout } = await convcost(["completion", "bash"]);
    expect(stdout).toContain('--framework) COMPREPLY=($(compgen -W "pytorch keras flax"');
  });
});

describe("untrusted names", () => {
  const evil = 'x"""\\nimport os\n"""; \\" \\u0022\u202e';
  const graph = () => {
    const { nodes, ...rest } = parseLayers("conv 3x3 3->8 p1; lstm = nn.Flatten(); nn.ReLU()");
    const names = [evil, "forward", "__class__"];
    return { ...rest, name: evil, nodes: nodes.map((node, index) => ({ ...node, name: names[index] ?? node.name })) };
  };
  const texts = (["pytorch", "keras", "flax"] as const).map((framework) => writeCode(graph(), { framework, input: "3x4x4" }));

  it("do not get out of the docstring, nor over the module's own names", () => {
    const [torch = ""] = texts;
    expect(torch).toContain("self.forward_1 = nn.Flatten()");
    expect(torch).not.toMatch(/self\.__|^import os|\u202e/m);
  });

  const python = pythonWith("");
  it.skipIf(python === undefined)("leave Python one class or function with one docstring", () => {
    const shapes = ask(python ?? "", "parse.py", texts);
    expect(shapes).toEqual([
      ["ImportFrom", "ClassDef"],
      ["Import", "ImportFrom", "FunctionDef"],
      ["ImportFrom", "ClassDef"],
    ]);
  });
});

describe("the way back", () => {
  const specs = [
    "conv 3x3 3->8 p1; bn; relu; dw 3x3 s2 p1; pw 16; maxpool 3x3 s2 p1; gap; flatten; linear 10 bias",
    "nn.Conv2d(3, 8, (3, 5), stride=(2, 1), padding=(1, 2), bias=False); nn.GELU(); nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1); nn.GroupNorm(2, 4)",
    "conv 4x4 3->8; 3*(bn; silu; conv 3x3 8 d2); avgpool 3x3 s1; adaptiveavgpool 2x2; flatten; dropout; linear 5",
  ];
  it.each(specs)("what is written for PyTorch counts the same when it is read: %s", (spec) => {
    const text = writeCode(parseLayers(spec), { input: "3x16x16" });
    const layers = [...text.matchAll(/^ +(?:self\.\w+ = )?(nn\.(?!Sequential)\w+\(.*\)),?$/gm)].map(([, layer]) => layer ?? "");
    const [once, again] = [spec, layers.join("\n")].map((source) => analyze(parseLayers(source), { input: "3x16x16" }).totals);
    expect([again?.params, again?.macs, again?.flops, again?.buffers]).toEqual([once?.params, once?.macs, once?.flops, once?.buffers]);
  });
});
