import { describe, expect, it } from "vitest";
import { analyze, compareConventions, conventionNamed, conventions, parseLayers, parseNetwork, zooModel } from "../../src/index.js";

const counted = (spec: string, convention: string, input?: string) =>
  analyze(parseLayers(spec), { convention: conventionNamed(convention), input }).totals.counted;

// A convolution of 3 to 8 channels, 3x3 with bias, on 8x8: 64 positions, 8 outputs, 27 taps; then batch norm, ReLU, pool, classifier.
const SPEC =
  "nn.Conv2d(3, 8, 3, padding=1); nn.BatchNorm2d(8); nn.ReLU(); nn.MaxPool2d(2); nn.AdaptiveAvgPool2d(1); nn.Flatten(); nn.Linear(8, 10); nn.Softmax(dim=1)";
const INPUT = "1x3x8x8";
const CONV = 64 * 8 * 27;
const LINEAR = 8 * 10;
const [MAP, POOLED] = [64 * 8, 16 * 8];

// Each tool's own rules (../../shared/CONVENTIONS.md, and the files that --explain names) put in by hand.
const SMALL: readonly (readonly [string, number])[] = [
  ["convcost", CONV + LINEAR],
  ["paper", CONV + LINEAR],
  // Batch norm 4 an element; adaptive average (16/1 + 1) an output; softmax 3n - 1.
  ["thop", CONV + 4 * MAP + (16 + 1) * 8 + LINEAR + (3 * 10 - 1)],
  // Bias; batch norm 2; ReLU 1; pools 1 an input.
  ["ptflops-modules", CONV + MAP + 2 * MAP + MAP + MAP + POOLED + LINEAR + 10],
  // ReLU and both pools once more; softmax 1 an element.
  ["ptflops", CONV + MAP + 2 * MAP + 2 * (MAP + MAP + POOLED) + LINEAR + 10 + 10],
  ["ptflops-aten", CONV + MAP + LINEAR + 10],
  ["fvcore", CONV + 2 * MAP + POOLED + LINEAR],
  // Parameters times positions; batch norm's 16 once.
  ["torchinfo", CONV + MAP + 16 + LINEAR + 10],
  ["torchinfo-1.8.0", CONV + MAP + 16 + LINEAR + 10],
  ["calflops", 2 * CONV + MAP + 2 * MAP + MAP + MAP + POOLED + 2 * LINEAR + 10],
  // Batch norm 31, ReLU 1, max pool 4 an output, average 1 an input and 4 an output, softmax 36.
  ["onnx-tool", CONV + MAP + 31 * MAP + MAP + 4 * POOLED + POOLED + 4 * 8 + LINEAR + 10 + 36 * 10],
  ["torch", 2 * (CONV + LINEAR)],
  // Max pool 4 an output, softmax 5; the adaptive pool is no layer of Keras's.
  ["keras", 2 * CONV + MAP + 4 * POOLED + 2 * LINEAR + 10 + 5 * 10],
];

describe("conventions by hand", () => {
  it.each(SMALL)("%s", (convention, expected) => {
    const own = analyze(parseLayers(SPEC), { input: INPUT });
    expect(own.totals.counted).toBeUndefined();
    const figure = convention === "convcost" ? own.totals.macs : counted(SPEC, convention, INPUT);
    expect(figure).toBe(BigInt(expected));
  });

  it("each convention has its case", () => {
    expect(SMALL.map(([name]) => name).sort()).toEqual(
      conventions()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it("the table has each under its own name", () => {
    for (const [name] of SMALL) expect(conventionNamed(name).name).toBe(name);
  });

  it("a function is seen by the tools that patch it or trace, not by hooks", () => {
    const network = (how: string) => parseNetwork(`input: [8, 4, 4]\nlayers:\n  - layers: relu\n    called_as: ${how}\n  - conv 1x1 8`);
    const figure = (how: string, convention: string) => analyze(network(how), { convention: conventionNamed(convention) }).totals.counted;
    const conv = 8n * 8n * 16n;
    expect(figure("module", "ptflops")).toBe(conv + 2n * 128n);
    expect(figure("function", "ptflops")).toBe(conv + 128n);
    expect(figure("operator", "ptflops")).toBe(conv);
    expect(figure("subclass", "ptflops-modules")).toBe(conv);
    expect(figure("function", "calflops")).toBe(2n * conv + 128n);
  });

  it("a transposed convolution: by its input, or wrongly by its output", () => {
    // 4 to 6 channels, 2x2 at stride 2, 5x5 to 10x10: 25 input positions, 100 output positions, 4 taps.
    const spec = "nn.ConvTranspose2d(4, 6, 2, stride=2, bias=False)";
    const right = 25n * 4n * 6n * 4n;
    for (const name of ["fvcore", "ptflops", "ptflops-aten", "paper"]) expect(counted(spec, name, "1x4x5x5")).toBe(right);
    for (const name of ["thop", "torchinfo"]) expect(counted(spec, name, "1x4x5x5")).toBe(4n * right);
    expect(counted(spec, "torch", "1x4x5x5")).toBe(2n * right);
    const { differences } = analyze(parseLayers(spec), { convention: conventionNamed("thop"), input: "1x4x5x5" });
    expect(differences).toEqual([{ cause: "a transposed convolution is counted by its output's size, not its input's", count: 3n * right }]);
  });

  it("calflops divides a transposed convolution's groups twice (calflops/pytorch_ops.py, _conv_trans_flops_compute)", () => {
    // Cout/g = 4, divided by g = 2 again; the bias over (5 - 2)/2 + 1 = 2 positions an axis of 4 channels.
    expect(counted("nn.ConvTranspose2d(4, 8, 2, stride=2, groups=2)", "calflops", "1x4x5x5")).toBe(2n * 25n * 4n * 2n * 4n + 4n * 2n * 2n);
  });

  it("calflops's LSTM (calflops/pytorch_ops.py, _rnn_flops)", () => {
    // 4*5 gates of inputs 3 and state 5: 2*(60 + 100) - 2*20, biases 40, 10 a hidden unit; 2 batches of 7 steps.
    expect(counted("nn.LSTM(3, 5)", "calflops", "7x2x3")).toBe(14n * (2n * 160n - 40n + 40n + 50n));
  });

  it("onnx-tool's LSTM (onnx_tool/node.py, LSTMNode)", () => {
    // 4*5 rows of inputs 3 and state 5, both biases of 20, 180 a hidden unit; 2 batches of 7 steps.
    expect(counted("nn.LSTM(3, 5)", "onnx-tool", "7x2x3")).toBe(14n * (20n * 3n + 20n * 5n + 40n + 5n * 180n));
  });

  // keras-team/keras issue 18378: total_float_ops // 2 = 1,925,897,756 of Xception at 150 pixels without its top, an even number; then the top by its rules: mean 1 an
  // input, Dense 2 an add and its bias, softmax 5.
  it("TensorFlow's profiler on Xception", () => {
    const graph = parseNetwork(zooModel("xception").text, { set: { resolution: 150 } });
    const top = 2048n * 25n + 2n * 2048n * 1000n + 1000n + 5000n;
    expect(analyze(graph, { convention: conventionNamed("keras") }).totals.counted).toBe(2n * 1_925_897_756n + top);
  });
});

describe("why they differ", () => {
  it.each(["mobilenet_v2", "resnet18", "swin_t", "vit_b_32", "maxvit_t", "unet", "googlenet"])(
    "%s: causes add up to the difference, exactly",
    (name) => {
      const { text, variant } = zooModel(name);
      const { analysis, rows } = compareConventions(parseNetwork(text, { set: variant === undefined ? {} : { variant } }));
      for (const { counted: figure, differences } of rows) {
        const sum = differences.reduce((total, { count }) => total + count, 0n);
        expect(analysis.totals.macs + sum).toBe(figure);
      }
      expect(rows[0]?.counted).toBe(analysis.totals.macs);
    },
  );

  it("what counts twice, what counts two for one, and what is not seen have their names", () => {
    const causes = (spec: string, convention: string, input: string) =>
      (analyze(parseLayers(spec), { convention: conventionNamed(convention), input }).differences ?? []).map(({ cause }) => cause);
    expect(causes("nn.ReLU()", "ptflops", "1x8x4x4")).toContain("counted twice");
    expect(causes("nn.Conv2d(3, 8, 3)", "torch", "1x3x8x8")).toEqual(["2 per MAC"]);
    expect(causes("nn.MultiheadAttention(8, 2)", "thop", "5x1x8")).toEqual(["not seen: multi_head_attention"]);
    expect(causes("nn.Conv2d(3, 8, 3, padding='same')", "fvcore", "1x3x8x8")).toEqual([
      "a convolution whose padding is a word ('same') counts nothing",
    ]);
  });

  it("layers that only training runs count nothing: GoogLeNet's auxiliary classifiers", () => {
    const figure = (aux: boolean) =>
      analyze(parseNetwork(zooModel("googlenet").text, { set: { aux } }), { convention: conventionNamed("ptflops") }).totals.counted;
    expect(figure(true)).toBe(figure(false));
  });

  it("a figure is exact beyond 2^53", () => {
    // 2^20 channels to 2^20 on 2^12 x 2^12: 2^64 multiply-adds.
    expect(counted("conv 1x1 1048576->1048576", "torch", "1x1048576x4096x4096")).toBe(2n ** 65n);
  });
});
