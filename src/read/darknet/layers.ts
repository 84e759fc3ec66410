import { fail } from "../../graph/diagnostic.js";
import type { Decoder } from "./decode.js";
import { HEADS } from "./rules.js";

/** Adds the nodes of a section; nothing where it has a setting that makes another layer of it, which is not known. */
type Make = (d: Decoder) => string | undefined;

/** A convolutional layer (parser.c, parse_convolutional), or a part of a recurrent one. */
function convolutional(d: Decoder, filters: number, part = "", x = d.x, transposed = 0): string {
  const [kernel, stride] = [d.size("size", part === "" ? 1 : 3), d.size("stride")];
  const settings = {
    filters,
    transposed,
    size: kernel,
    groups: Math.max(1, d.int("groups", 1)),
    dilation: kernel === 1 ? 1 : d.size("dilation"),
    padding: d.int("pad") === 0 ? d.int("padding") : Math.floor(kernel / 2),
    stride_x: Math.max(0, d.int("stride_x")) || stride,
    stride_y: Math.max(0, d.int("stride_y")) || stride,
    shared: d.section.options.has("share_index") ? 1 : 0,
  };
  return d.weighted("convolutional", settings, "logistic", part, d.own(`${part}image`, [x], {}, "image"));
}

const connected = (d: Decoder, output: number, activation?: string, part = "", x = d.x): string =>
  d.weighted("connected", { output }, activation, part, d.own(`${part}features`, [x], {}, "features"));

/** A pool, padded by size - 1 in all unless said: half of it before, the odd one after (maxpool_layer.c). */
function pool(d: Decoder, op: string): string {
  const stride = d.size("stride");
  const kernel = d.size("size", stride);
  const padding = d.int("padding", kernel - 1);
  const [before, after] = [Math.floor(padding / 2), Math.ceil(padding / 2)];
  const strides = [d.size("stride_y", stride), d.size("stride_x", stride)];
  return d.node(d.section.type, op, [d.image()], { kernel_shape: [kernel, kernel], strides, pads: [before, before, after, after] });
}

/** Layers one behind the other by their channels, or one of several equal parts of each. */
function route(d: Decoder): string | undefined {
  const [groups, part, from] = [d.size("groups"), d.int("group_id"), d.from("layers")];
  if (part < 0 || part >= groups) fail("bad-darknet", `group_id is ${part} of ${groups} groups`, { place: d.section.place });
  const taken = groups === 1 ? from : from.map((name, at) => `${d.node(`part${at}`, "Split", [name], { axis: 1 }, groups)}:${part}`);
  return taken.length === 1 ? taken[0] : d.node("route", "Concat", taken, { axis: 1 });
}

/** Larger by the stride, or smaller by a negative one. */
function upsample(d: Decoder): string {
  const stride = d.int("stride", 2);
  const by = stride < 0 ? 1 / -stride : stride;
  const name = `${d.outputs.length}.scales`;
  d.constants.push({ name, dims: [4], dataType: 1, values: [1, 1, by, by], role: "constant" });
  return d.node("upsample", "Resize", [d.image(), "", name], { mode: "nearest" });
}

/** Blocks of positions as channels, or the other way; `extra` values behind all of them (reorg_layer.c). */
function reorg(d: Decoder): string {
  if (d.int("extra") > 0) return d.node("reorg", "Pad", [d.own("features")], { pads: [0, 0, 0, d.int("extra")] });
  return d.node("reorg", d.int("reverse") === 0 ? "SpaceToDepth" : "DepthToSpace", [d.image()], { blocksize: d.size("stride") });
}

// The state before the first step has the shape of what a step makes of the input, which stands for it below.

/** A hidden state between two layers (rnn_layer.c, crnn_layer.c). */
function rnn(d: Decoder, layer: (units: number, part: string, x: string) => string): string {
  const input = layer(d.size("hidden"), "input", d.x);
  return layer(d.size("output"), "output", d.node("state", "Add", [input, layer(d.size("hidden"), "self", input)]));
}

/** Gates f, i, g and o, each of the input, the state and, with peepholes, the cell (lstm_layer.c, conv_lstm_layer.c). */
function lstm(d: Decoder, layer: (part: string, x: string) => string): string {
  const inputs = ["f", "i", "g", "o"].map((gate) => [gate, layer(`u${gate}`, d.x)] as const);
  const state = inputs[0]?.[1] ?? d.x;
  const [f = "", i = "", g = "", o = ""] = inputs.map(([gate, input]) => {
    const cell = d.int("peephole") !== 0 && gate !== "g" ? [layer(`v${gate}`, state)] : [];
    return d.node(gate, gate === "g" ? "Tanh" : "Sigmoid", [d.node(`${gate}.sum`, "Sum", [input, layer(`w${gate}`, state), ...cell])]);
  });
  const cell = d.node("c", "Add", [d.node("c.new", "Mul", [i, g]), d.node("c.kept", "Mul", [f, state])]);
  return d.node("h", "Mul", [o, d.node("c.tanh", "Tanh", [cell])]);
}

/** Gates z and r, and what they let through (gru_layer.c). */
function gru(d: Decoder): string {
  const layer = (part: string, x = d.x) => connected(d, d.size("output"), undefined, part, x);
  const state = layer("uz");
  const gate = (name: string, op: string, input: string, from: string) =>
    d.node(name, op, [d.node(`${name}.sum`, "Add", [input, layer(`w${name}`, from)])]);
  const [z, r] = [gate("z", "Sigmoid", state, state), gate("r", "Sigmoid", layer("ur"), state)];
  const next = gate("h", "Tanh", layer("uh"), d.node("r.state", "Mul", [r, state]));
  return d.node("state", "Add", [next, d.node("z.part", "Mul", [z, d.node("z.change", "Sub", [state, next])])]);
}

const named = (names: string, make: Make) => names.split(" ").map((name) => [name, make] as const);

/** What each section makes of what it reads (parser.c, string_to_layer_type). */
export const LAYERS: ReadonlyMap<string, Make> = new Map([
  ...named("conv convolutional", (d) => (d.int("antialiasing") > 0 ? undefined : convolutional(d, d.size("filters")))),
  ...named("deconv deconvolutional", (d) => convolutional(d, d.size("filters"), "", d.x, 1)),
  ...named("conn connected", (d) => connected(d, d.size("output"), "logistic")),
  ...named("max maxpool", (d) => (d.int("antialiasing") > 0 || d.int("maxpool_depth") > 0 ? undefined : pool(d, "MaxPool"))),
  ...named("local_avg local_avgpool", (d) => pool(d, "AveragePool")),
  ...named("avg avgpool", (d) => d.node("avgpool", "GlobalAveragePool", [d.image()])),
  ...named("lrn normalization", (d) => d.node("normalization", "LRN", [d.x], { size: d.size("size", 5) })),
  ...named("soft softmax", (d) => d.node("softmax", "Softmax", [d.x], { axis: 1 })),
  ...named("scale_channels sam", (d) => d.activation("linear", d.node(d.section.type, "Mul", [d.x, ...d.from("from").slice(0, 1)]))),
  ...named("dropout empty silence", (d) => d.x),
  ...named("reorg reorg3d", reorg),
  ...named([...HEADS].join(" "), (d) => d.own(d.section.type)),
  ...named("route", route),
  ...named("shortcut", (d) => {
    const { value: type = "none", place } = d.section.options.get("weights_type") ?? { place: d.section.place };
    const weights = [["none"], ["per_feature", "per_layer"], ["per_channel"]].findIndex((names) => names.includes(type));
    if (weights < 0) fail("bad-darknet", `weights_type is ${type}`, { place, expected: "none, per_feature or per_channel" });
    return d.activation("linear", d.own("shortcut", [d.x, ...d.from("from")], { weights }));
  }),
  ...named("local", (d) => {
    const settings = { filters: d.size("filters"), size: d.size("size"), stride: d.size("stride"), pad: d.int("pad") };
    return d.activation("logistic", d.own("local", [d.image()], settings));
  }),
  ...named("crop", (d) => d.own("crop", [d.image()], { height: d.size("crop_height"), width: d.size("crop_width") })),
  ...named("batchnorm", (d) => d.own("batchnorm")),
  ...named("l2norm", (d) => d.node("l2norm", "LpNormalization")),
  ...named("logistic", (d) => d.node("logistic", "Sigmoid")),
  ...named("activation", (d) => d.activation("linear", d.x)),
  ...named("upsample", upsample),
  ...named("rnn", (d) => rnn(d, (units, part, x) => connected(d, units, "logistic", part, x))),
  ...named("crnn", (d) => rnn(d, (units, part, x) => convolutional(d, units, part, x))),
  ...named("gru", gru),
  ...named("lstm", (d) => lstm(d, (part, x) => connected(d, d.size("output"), undefined, part, x))),
  ...named("conv_lstm", (d) => (d.int("bottleneck") > 0 ? undefined : lstm(d, (part, x) => convolutional(d, d.size("output"), part, x)))),
]);
