import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readStateDict } from "../../src/read/pt2/pickle.js";
import { readPt2 } from "../../src/read/pt2/read.js";
import { source } from "./onnx-model.js";
import { arg, archive, ints, meta, node, tensor, type Program } from "./pt2-model.js";

/**
 * What PyTorch 1.13 pickled of `ModuleDict(e=Embedding(5, 2), h=Linear(2, 5, bias=False), o=Linear(2, 2, bias=False))` with h.weight = e.weight: its state dict as
 * it is (protocol 2), and as a plain dict (protocol 4).
 */
const PICKLES = [
  "gAJjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcQApUnEBKFgIAAAAZS53ZWlnaHRxAmN0b3JjaC5fdXRpbHMKX3JlYnVpbGRfdGVuc29yX3YyCnEDKChYBwAAAHN0b3JhZ2VxBGN0b3JjaApGbG9hdFN0b3JhZ2UKcQVYAQAAADBxBlgDAAAAY3B1cQdLCnRxCFFLAEsFSwKGcQlLAksBhnEKiWgAKVJxC3RxDFJxDVgIAAAAaC53ZWlnaHRxDmgDKChoBGgFaAZoB0sKdHEPUUsASwVLAoZxEEsCSwGGcRGJaAApUnESdHETUnEUWAgAAABvLndlaWdodHEVaAMoKGgEaAVYAQAAADFxFmgHSwR0cRdRSwBLAksChnEYSwJLAYZxGYloAClScRp0cRtScRx1fXEdWAkAAABfbWV0YWRhdGFxHmgAKVJxHyhYAAAAAHEgfXEhWAcAAAB2ZXJzaW9ucSJLAXNYAQAAAGVxI31xJGgiSwFzWAEAAABocSV9cSZoIksBc1gBAAAAb3EnfXEoaCJLAXN1c2Iu",
  "gASVCAEAAAAAAAB9lCiMCGUud2VpZ2h0lIwMdG9yY2guX3V0aWxzlIwSX3JlYnVpbGRfdGVuc29yX3YylJOUKCiMB3N0b3JhZ2WUjAV0b3JjaJSMDEZsb2F0U3RvcmFnZZSTlIwBMJSMA2NwdZRLCnSUUUsASwVLAoaUSwJLAYaUiYwLY29sbGVjdGlvbnOUjAtPcmRlcmVkRGljdJSTlClSlHSUUpSMCGgud2VpZ2h0lGgEKChoBWgIaAloCksKdJRRSwBLBUsChpRLAksBhpSJaBApUpR0lFKUjAhvLndlaWdodJRoBCgoaAVoCIwBMZRoCksEdJRRSwBLAksChpRLAksBhpSJaBApUpR0lFKUdS4=",
].map((text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));

/** e looks 3 rows up, o and h are linear. `target` is the name in the module. */
const TIED: Program = {
  parameters: ["e.weight", "h.weight", "o.weight"],
  values: {
    x: meta([3], 5),
    "e.weight": meta([5, 2]),
    "h.weight": meta([5, 2]),
    "o.weight": meta([2, 2]),
    rows: meta([3, 2]),
    mixed: meta([3, 2]),
    y: meta([3, 5]),
  },
  nodes: [
    node("embedding.default", [arg("weight", tensor("e.weight")), arg("indices", tensor("x"))], "rows"),
    node("linear.default", [arg("input", tensor("rows")), arg("weight", tensor("o.weight"))], "mixed"),
    node("linear.default", [arg("input", tensor("mixed")), arg("weight", tensor("h.weight"))], "y"),
  ],
  output: "y",
};

const stateDict = (pickle: Uint8Array | undefined) =>
  zipSync(
    { "archive/data.pkl": pickle ?? new Uint8Array(0), "archive/data/0": new Uint8Array(40), "archive/data/1": new Uint8Array(16) },
    { level: 0 },
  );

const payload = (path_name: string, rows: number) => ({
  path_name,
  is_param: true,
  tensor_meta: { sizes: [{ as_int: rows }, { as_int: 2 }], storage_offset: { as_int: 0 } },
});
const config = strToU8(
  JSON.stringify({ config: { "e.weight": payload("weight_0", 5), "h.weight": payload("weight_0", 5), "o.weight": payload("weight_1", 2) } }),
);

/** The archive with its entries unpacked, as PyTorch writes them. */
const withFiles = (files: Readonly<Record<string, Uint8Array>>) => analyze(readPt2(source(archive({ ...TIED, files }))));

describe("tied weights of an archive count once", () => {
  it("those that nothing says to be tied are two", () => {
    expect(withFiles({}).totals.params).toBe(24n);
  });

  it.each<[string, Readonly<Record<string, Uint8Array>>]>([
    ["by the configuration of the weights (PyTorch 2.9)", { "net/data/weights/model_weights_config.json": config }],
    ["by the storages of a state dict (PyTorch 2.8)", { "net/data/weights/model.pt": stateDict(PICKLES[0]) }],
    ["by the storages of a plain dict", { "net/data/weights/model.pt": stateDict(PICKLES[1]) }],
    ["in archives before that", { "serialized_state_dict.pt": stateDict(PICKLES[0]) }],
  ])("%s", (_, files) => {
    const { totals, layers } = withFiles(files);
    expect([totals.params, totals.weightBytes]).toEqual([14n, 56n]);
    expect(layers.map(({ params, sharedParams }) => [params, sharedParams])).toEqual([
      [10n, undefined],
      [4n, undefined],
      [0n, 10n],
    ]);
  });

  it.each(PICKLES.map((pickle, index) => [index, pickle] as const))("a pickle that is cut off says nothing (%i)", (_, pickle) => {
    for (let end = 0; end < pickle.length - 1; end += 7) expect(readStateDict(pickle.subarray(0, end))).toBeUndefined();
  });
});

describe("a weight that is looked at otherwise", () => {
  // As run_decompositions() writes linear: permute, then addmm; and in half precision, a copy besides.
  const decomposed: Program = {
    parameters: ["w", "b"],
    values: {
      x: meta([2, 4], 6),
      w: meta([3, 4]),
      b: meta([3]),
      half: meta([3, 4], 6),
      turned: meta([4, 3], 6),
      bias: meta([3], 6),
      y: meta([2, 3], 6),
    },
    nodes: [
      node("_to_copy.default", [arg("self", tensor("w"))], "half"),
      node("permute.default", [arg("self", tensor("half")), arg("dims", ints(1, 0))], "turned"),
      node("_to_copy.default", [arg("self", tensor("b"))], "bias"),
      node("addmm.default", [arg("self", tensor("bias")), arg("mat1", tensor("x")), arg("mat2", tensor("turned"))], "y"),
    ],
    output: "y",
  };

  it("belongs to the operator that uses it, and is no activation", () => {
    const { layers, totals } = analyze(readPt2(source(archive(decomposed))));
    expect(layers.map(({ op, params, macs, attributes }) => [op, params, macs, attributes])).toEqual([
      ["linear", 15n, 24n, { inFeatures: 4, outFeatures: 3, bias: true }],
    ]);
    // Stored in float32; what goes in and comes out in half precision.
    expect([totals.weightBytes, totals.activationBytes, totals.bytesMoved]).toEqual([60n, 12n, 60n + 16n + 12n]);
  });

  it("in parts counts once, and each part is moved once", () => {
    const parts: Program = {
      parameters: ["w"],
      values: { x: meta([2, 4]), w: meta([6, 4]), a: meta([2, 4]), b: meta([4, 4]), p: meta([2, 2]), q: meta([2, 4]), y: meta([2, 6]) },
      nodes: [
        node("split_with_sizes.default", [arg("self", tensor("w")), arg("split_sizes", ints(2, 4))], ["a", "b"]),
        node("linear.default", [arg("input", tensor("x")), arg("weight", tensor("a"))], "p"),
        node("linear.default", [arg("input", tensor("x")), arg("weight", tensor("b"))], "q"),
        node("cat.default", [arg("tensors", { as_tensors: [{ name: "p" }, { name: "q" }] })], "y"),
      ],
      output: "y",
    };
    const { totals } = analyze(readPt2(source(archive(parts))));
    expect([totals.params, totals.macs, totals.weightBytes]).toEqual([24n, BigInt(2 * 4 * 2 + 2 * 4 * 4), 96n]);
  });

  it("is the output of the model under its own name", () => {
    const given: Program = {
      parameters: ["w"],
      values: { x: meta([2]), w: meta([3, 4]), y: meta([4, 3]) },
      nodes: [node("t.default", [arg("self", tensor("w"))], "y")],
      output: "y",
    };
    const { outputs, totals } = analyze(readPt2(source(archive(given))));
    expect([outputs, totals.params]).toEqual([[{ name: "y", shape: [4, 3], dtype: "float32" }], 12n]);
  });
});
