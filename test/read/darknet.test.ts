import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readDarknet } from "../../src/read/darknet/read.js";
import { convcost } from "../cli/run.js";
import { hasReference } from "../reference/reference.js";

type Options = Parameters<typeof readDarknet>[1];

const NET = "[net]\nbatch=64\nsubdivisions=8\nwidth=32\nheight=32\nchannels=3\n";
const count = (sections: string, options: Options = {}, net = NET) => analyze(readDarknet(net + sections, options));
const conv = (filters: number, rest = "") => `[convolutional]\nfilters=${filters}\nsize=3\nstride=1\npad=1\nactivation=linear\n${rest}\n`;

/** Darknet's own count of a convolution is 2 * n * size * size * c / groups * out_h * out_w: twice these. */
const LAYERS: readonly (readonly [what: string, text: string, macs: number, params: number, output: readonly number[]])[] = [
  ["a bias where there is no norm", conv(8), 32 * 32 * 8 * 27, 8 * 27 + 8, [1, 8, 32, 32]],
  ["the first of options of one name, and comments", conv(8, "filters=9\n# filters=1\n; size = 1"), 32 * 32 * 8 * 27, 8 * 27 + 8, [1, 8, 32, 32]],
  ["blanks inside of a line", "[convolutional]\n fil ters = 8 \nsize = 3\npad= 1\nactivation=linear", 32 * 32 * 8 * 27, 8 * 27 + 8, [1, 8, 32, 32]],
  ["scales and biases of a norm", conv(8, "batch_normalize=1"), 32 * 32 * 8 * 27, 8 * 27 + 16, [1, 8, 32, 32]],
  ["groups", conv(8) + conv(8, "groups=8"), 32 * 32 * (8 * 27 + 8 * 9), 8 * 27 + 8 + 8 * 9 + 8, [1, 8, 32, 32]],
  ["strides of each axis", "[convolutional]\nfilters=4\nsize=1\nstride_x=2\nstride_y=4\nactivation=linear", 8 * 16 * 12, 16, [1, 4, 8, 16]],
  ["padding as it is said", "[convolutional]\nfilters=4\nsize=3\npadding=2\nactivation=linear", 34 * 34 * 4 * 27, 112, [1, 4, 34, 34]],
  ["a dilated one is sized as if it had none", conv(4, "dilation=3"), 32 * 32 * 4 * 27, 112, [1, 4, 32, 32]],
  ["weights that are shared count once", conv(3) + conv(3, "share_index=0"), 2 * 32 * 32 * 81, 84, [1, 3, 32, 32]],
  [
    "deconvolutional",
    "[deconvolutional]\nfilters=4\nsize=4\nstride=2\npadding=1\nactivation=linear",
    32 * 32 * 3 * 4 * 16,
    3 * 4 * 16 + 4,
    [1, 4, 64, 64],
  ],
  ["maxpool pads size - 1 in all", "[maxpool]\nsize=2\nstride=1", 0, 0, [1, 3, 32, 32]],
  ["maxpool of an odd size", "[maxpool]\nsize=3\nstride=2", 0, 0, [1, 3, 16, 16]],
  ["maxpool by its stride alone", "[maxpool]\nstride=2\npadding=0", 0, 0, [1, 3, 16, 16]],
  ["local_avgpool", "[local_avgpool]\nsize=4\nstride=4", 0, 0, [1, 3, 8, 8]],
  ["avgpool, softmax and cost", "[avgpool]\n[softmax]\n[cost]", 0, 0, [1, 3, 1, 1]],
  ["connected reads all of an image", "[connected]\noutput=10\nactivation=linear", 30720, 30730, [1, 10]],
  [
    "a convolution of features is one of a single position",
    "[connected]\noutput=10\n[conv]\nfilters=2\nsize=1",
    30720 + 20,
    30730 + 22,
    [1, 2, 1, 1],
  ],
  [
    "local: a kernel and a bias for each position",
    "[local]\nfilters=2\nsize=3\npad=1\nactivation=linear",
    1024 * 2 * 27,
    1024 * 2 * 27 + 2048,
    [1, 2, 32, 32],
  ],
  ["upsample", "[upsample]\nstride=2", 0, 0, [1, 3, 64, 64]],
  ["upsample down", "[upsample]\nstride=-2", 0, 0, [1, 3, 16, 16]],
  ["reorg", "[reorg]\nstride=2", 0, 0, [1, 12, 16, 16]],
  ["reorg3d back", `${conv(4)}[reorg3d]\nstride=2\nreverse=1`, 32 * 32 * 4 * 27, 112, [1, 1, 64, 64]],
  [
    "route of several, counted from here or from the first",
    `${conv(4)}[upsample]\nstride=1\n[route]\nlayers=-1, 0`,
    32 * 32 * 4 * 27,
    112,
    [1, 8, 32, 32],
  ],
  ["route of a part of the channels", `${conv(4)}[route]\nlayers=-1\ngroups=2\ngroup_id=1`, 32 * 32 * 4 * 27, 112, [1, 2, 32, 32]],
  [
    "shortcut to fewer channels keeps those of its own",
    `${conv(2)}${conv(4)}[shortcut]\nfrom=-2\nactivation=leaky`,
    32 * 32 * (54 + 72),
    56 + 76,
    [1, 4, 32, 32],
  ],
  ["shortcut with weights", `${conv(3)}${conv(3)}[shortcut]\nfrom=-2\nweights_type=per_channel`, 2 * 32 * 32 * 81, 2 * 84 + 6, [1, 3, 32, 32]],
  ["scale_channels", `${conv(4)}[avgpool]\n[scale_channels]\nfrom=0`, 32 * 32 * 4 * 27, 112, [1, 4, 32, 32]],
  ["crop, dropout and activation", "[crop]\ncrop_height=28\ncrop_width=24\n[dropout]\n[activation]\nactivation=mish", 0, 0, [1, 3, 28, 24]],
  ["batchnorm by itself", "[batchnorm]", 0, 6, [1, 3, 32, 32]],
];

const FEATURES = "[net]\ninputs=16\n";
/** Each is made of fully connected layers, which have a bias each. */
const RECURRENT: readonly (readonly [what: string, text: string, macs: number, params: number, output: readonly number[], net: string])[] = [
  ["rnn", "[rnn]\nhidden=8\noutput=4", 16 * 8 + 8 * 8 + 8 * 4, 16 * 8 + 8 * 8 + 8 * 4 + 20, [1, 4], FEATURES],
  ["gru", "[gru]\noutput=8", 3 * (16 * 8 + 8 * 8), 3 * (16 * 8 + 8 * 8 + 16), [1, 8], FEATURES],
  ["lstm", "[lstm]\noutput=8\nbatch_normalize=1", 4 * (16 * 8 + 8 * 8), 4 * (16 * 8 + 8 * 8 + 32), [1, 8], FEATURES],
  ["crnn", "[crnn]\nhidden=2\noutput=4\npad=1", 1024 * 9 * (3 * 2 + 2 * 2 + 2 * 4), 9 * 18 + 8, [1, 4, 32, 32], NET],
  ["conv_lstm", "[conv_lstm]\noutput=2\npad=1\npeephole=1", 1024 * 9 * (4 * 6 + 4 * 4 + 3 * 4), 9 * 52 + 22, [1, 2, 32, 32], NET],
];

describe("Darknet", () => {
  it.each(LAYERS)("%s", (_, text, macs, params, output) => {
    const { totals, outputs, partial } = count(text);
    expect([totals.macs, totals.params, outputs.at(-1)?.shape, partial]).toEqual([BigInt(macs), BigInt(params), output, false]);
  });

  it.each(RECURRENT)("%s: one step", (_, text, macs, params, output, net) => {
    const { totals, outputs, partial } = count(text, {}, net);
    expect([totals.macs, totals.params, outputs[0]?.shape, partial]).toEqual([BigInt(macs), BigInt(params), output, false]);
  });

  it("running statistics are buffers", () => {
    expect(count(conv(8, "batch_normalize=1")).totals.buffers).toBe(16n);
  });

  it.each(["leaky", "mish", "swish", "logistic", "relu6", "ramp"])("the activation %s is one operation an element", (name) => {
    expect(count(`[activation]\nactivation=${name}`).totals.flops).toBe(3072n);
  });

  it("the batch is 1, whatever it is trained with, or that of --batch", () => {
    expect([count(conv(8)).inputs[0]?.shape, count(conv(8), { batch: 4 }).totals.macs]).toEqual([[1, 3, 32, 32], BigInt(4 * 32 * 32 * 8 * 27)]);
  });

  it("heads count nothing, and a warning says so", () => {
    const { outputs, warnings, partial } = count(`${conv(18)}[yolo]\n[route]\nlayers=0\n${conv(18)}[yolo]`);
    expect([outputs.length, partial, warnings]).toEqual([2, false, ["[yolo]: boxes and losses count as no operations, as Darknet counts"]]);
  });

  it.each([
    ["[mystery]", "darknet.mystery"],
    ["[conv]\nantialiasing=1", "darknet.conv"],
    ["[conv]\nactivation=normalize_channels", "darknet.conv"],
  ])("what is not known is a row: %s", (text, op) => {
    expect(count(text).uncounted).toMatchObject([{ op, count: 1 }]);
  });

  it("a hundred thousand layers in linear time", () => {
    expect(count("[activation]\nactivation=relu\n".repeat(100_000)).totals.layers).toBe(100_000);
  }, 60_000);
});

describe("broken networks of Darknet are refused", () => {
  it.each([
    ["no [net]", conv(8), /not a network of Darknet/],
    ["no layers", NET, /not a network of Darknet/],
    ["an option before all sections", `width=3\n${NET}${conv(8)}`, /stands before the first section/],
    ["a line of neither kind", `${NET}[conv]\nfilters`, /neither a section nor an option/],
    ["a section without a name", `${NET}[]`, /has no name/],
    ["a text for a number", `${NET}[conv]\nfilters=many`, /filters is many/],
    ["a number too large", `${NET}[conv]\nfilters=3000000000`, /filters is 3000000000/],
    ["no filters", `${NET}[conv]\nfilters=0`, /filters is 0/],
    ["no input", `[net]\nwidth=3\n${conv(8)}`, /inputs is 0/],
    ["route without layers", `${NET}[route]`, /does not say which layers/],
    ["route to what comes later", `${NET}${conv(8)}[route]\nlayers=1`, /layers names the layer 1/],
    ["route before the first", `${NET}${conv(8)}[route]\nlayers=-2`, /layers names the layer -2/],
    ["a part that is not there", `${NET}${conv(8)}[route]\nlayers=0\ngroups=2\ngroup_id=2`, /group_id is 2 of 2 groups/],
    ["route of other sizes", `${NET}${conv(8)}[maxpool]\nstride=2\n[route]\nlayers=0,1`, /concat along axis 1/],
    ["an unknown weights_type", `${NET}${conv(3)}[shortcut]\nfrom=0\nweights_type=own`, /weights_type is own/],
  ])("%s", (_, text, message) => {
    expect(() => readDarknet(text)).toThrow(message);
  });

  it("a .cfg of something else is named by the command, with its line", async () => {
    const files = { "setup.cfg": { type: "file" as const, bytes: new TextEncoder().encode("[metadata]\nname = x\n") } };
    const { code, stderr } = await convcost(["count", "setup.cfg"], { files });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/setup\.cfg:1[^]*not a network of Darknet/)]);
  });
});

const TINY = "wild/yolov3-tiny.cfg";

describe.skipIf(!hasReference(TINY))(`../shared/reference/${TINY}`, () => {
  const text = hasReference(TINY) ? readFileSync(fileURLToPath(new URL(`../../../shared/reference/${TINY}`, import.meta.url)), "utf8") : "";

  it("5.56 BFLOPs, as its author gives them, and as many weights as yolov3-tiny.weights has bytes for", () => {
    const { totals, outputs, partial } = analyze(readDarknet(text));
    expect((Number(totals.macs) * 2) / 1e9).toBeCloseTo(5.56, 1);
    // 35,434,956 bytes, of which 20 are its head.
    expect(4n * (totals.params + totals.buffers) + 20n).toBe(35_434_956n);
    expect([outputs.map(({ shape }) => shape), partial]).toEqual([
      [
        [1, 255, 13, 13],
        [1, 255, 26, 26],
      ],
      false,
    ]);
  });
});

/** YOLOv3 as its paper has it (arXiv 1804.02767, table 1): Darknet-53, then three heads. */
function yolov3(size: number): string {
  const layer = (filters: number, kernel: number, stride = 1) =>
    `[convolutional]\nbatch_normalize=1\nfilters=${filters}\nsize=${kernel}\nstride=${stride}\npad=1\nactivation=leaky\n`;
  const residual = (filters: number) => `${layer(filters / 2, 1)}${layer(filters, 3)}[shortcut]\nfrom=-3\nactivation=linear\n`;
  const stages = [1, 2, 8, 8, 4].map((times, stage) => layer(64 * 2 ** stage, 3, 2) + residual(64 * 2 ** stage).repeat(times));
  const head = (filters: number) =>
    `${(layer(filters, 1) + layer(2 * filters, 3)).repeat(3)}[convolutional]\nsize=1\nfilters=255\nactivation=linear\n[yolo]\n`;
  const joint = (filters: number, from: number) => `[route]\nlayers=-4\n${layer(filters, 1)}[upsample]\nstride=2\n[route]\nlayers=-1, ${from}\n`;
  return `[net]\nwidth=${size}\nheight=${size}\nchannels=3\n${layer(32, 3)}${stages.join("")}${head(512)}${joint(256, 61)}${head(256)}${joint(128, 36)}${head(128)}`;
}

describe("YOLOv3", () => {
  it.each([
    [416, 65.86],
    [608, 140.69],
  ])("at %d: %d BFLOPs, as its author prints, two a multiply-add", (size, bflops) => {
    const { totals } = analyze(readDarknet(yolov3(size)));
    expect((Number(totals.macs) * 2) / 1e9).toBeCloseTo(bflops, 1);
    // yolov3.weights has 248,007,048 bytes, of which 20 are its head.
    expect(4n * (totals.params + totals.buffers) + 20n).toBe(248_007_048n);
  });
});
