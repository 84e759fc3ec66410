import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readGguf } from "../../src/read/weights/gguf.js";
import { readSafetensors } from "../../src/read/weights/safetensors.js";
import { convcost } from "../cli/run.js";
import { source } from "./onnx-model.js";
import { bytesOf, ggufFile, ggufHead, ggufTensor, ggufText, safetensors, uint32, uint64 } from "./weights-model.js";

describe("safetensors", () => {
  const header = {
    __metadata__: { format: "pt" },
    "a.weight": { dtype: "F16", shape: [4, 8], data_offsets: [0, 64] },
    b: { dtype: "I8", shape: [3], data_offsets: [64, 67] },
  };

  it("parameters and bytes by tensor; multiply-adds are not known", () => {
    const { totals, layers, partial } = analyze(readSafetensors(source(safetensors(header, 67))));
    expect(totals).toMatchObject({ params: 35n, weightBytes: 67n, uncounted: 2 });
    expect([layers.map(({ name }) => name), partial]).toEqual([["a.weight", "b"], true]);
  });

  // Names as PyTorch, Hugging Face and timm write them, and what register_buffer or Parameter says there.
  it.each<[string, string, readonly number[], "parameter" | "buffer"]>([
    ["layer1.0.bn1.weight", "F32", [8], "parameter"],
    ["layer1.0.bn1.running_mean", "F32", [8], "buffer"],
    ["running_var", "F32", [8], "buffer"],
    ["layer1.0.bn1.num_batches_tracked", "I64", [], "buffer"],
    ["embeddings.position_ids", "I64", [1, 16], "buffer"],
    ["model.layers.0.self_attn.rotary_emb.inv_freq", "F32", [8], "buffer"],
    ["h.0.attn.bias", "F32", [1, 1, 16, 16], "buffer"],
    ["h.0.attn.bias", "BOOL", [1, 1, 16, 16], "buffer"],
    ["h.0.attn.masked_bias", "F32", [], "buffer"],
    ["blocks.0.attn.bias", "F32", [48], "parameter"],
    ["layers.0.blocks.1.attn.relative_position_index", "I64", [49, 49], "buffer"],
    ["layers.0.blocks.1.attn.relative_position_bias_table", "F32", [169, 3], "parameter"],
    ["encoder.layer.0.attention.relative_coords_table", "F32", [1, 7, 7, 2], "buffer"],
    ["final_logits_bias", "F32", [1, 60], "buffer"],
    ["fc.parametrizations.weight.0._u", "F32", [5], "buffer"],
    ["fc.parametrizations.weight.0.base", "F32", [4, 4], "buffer"],
    ["fc.parametrizations.weight.original0", "F32", [5, 1], "parameter"],
    ["fc.weight_v", "F32", [5, 4], "parameter"],
    ["model.layers.0.mlp.up_proj.qweight", "I32", [4, 16], "parameter"],
    ["fc.weight", "I8", [4, 4], "parameter"],
  ])("%s of %s, %j, is a %s", (name, dtype, shape, role) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const bytes = count * (dtype === "I64" ? 8 : /32/.test(dtype) ? 4 : 1);
    const { totals } = analyze(readSafetensors(source(safetensors({ [name]: { dtype, shape, data_offsets: [0, bytes] } }, bytes))));
    const counted = BigInt(count);
    expect([totals.params, totals.buffers]).toEqual(role === "buffer" ? [0n, counted] : [counted, 0n]);
  });

  // torch.nn.utils.prune and torch.nn.utils.spectral_norm.
  it("what stands beside the original of a weight is a buffer", () => {
    const ofFive = (start: number) => ({ dtype: "I8", shape: [5], data_offsets: [start, start + 5] });
    const names = ["weight_orig", "weight_mask", "weight_u", "weight_v", "other_mask"];
    const { totals } = analyze(readSafetensors(source(safetensors(Object.fromEntries(names.map((name, at) => [`fc.${name}`, ofFive(5 * at)])), 25))));
    expect([totals.params, totals.buffers]).toEqual([10n, 15n]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["data outside of the file", safetensors(header, 60), /lies outside of the file/],
    ["a shape of other bytes", safetensors({ a: { dtype: "F32", shape: [4], data_offsets: [0, 8] } }, 8), /as many bytes as its shape/],
    [
      "a hole before a tensor",
      safetensors({ a: { dtype: "I8", shape: [4], data_offsets: [1, 5] } }, 5),
      /begins at byte 1, and that before it ends at 0/,
    ],
    ["bytes of no tensor", safetensors({ a: { dtype: "I8", shape: [4], data_offsets: [0, 4] } }, 5), /ends at byte 4, and the file has 5/],
    ["an unknown type", safetensors({ a: { dtype: "F33", shape: [4], data_offsets: [0, 8] } }, 8), /F33/],
    ["a million brackets", bytesOf(uint64(1_000_001), "{".repeat(1_000_001)), /nested more than/],
    ["a header that is cut off", bytesOf(uint64(1000), '{"a"'), /no safetensors file/],
  ])("%s is refused", (_, content, message) => {
    expect(() => readSafetensors(source(content))).toThrow(message);
  });

  it("an index counts the files beside it; what a missing one holds is not known", async () => {
    const index = { metadata: { total_size: 1 }, weight_map: { "a.weight": "1.safetensors", b: "1.safetensors", c: "2.safetensors" } };
    const files = {
      "m/i.json": { type: "file" as const, bytes: new TextEncoder().encode(JSON.stringify(index)) },
      "m/1.safetensors": { type: "file" as const, bytes: safetensors(header, 67) },
    };
    const second = {
      "m/2.safetensors": { type: "file" as const, bytes: safetensors({ c: { dtype: "F16", shape: [5], data_offsets: [0, 10] } }, 10) },
    };
    const read = async (all: typeof files): Promise<unknown> => JSON.parse((await convcost(["count", "m/i.json", "--json"], { files: all })).stdout);
    expect(await read({ ...files, ...second })).toMatchObject({ totals: { params: 40, weightBytes: 77 }, warnings: [] });
    const part = await read(files);
    expect(part).toMatchObject({ totals: { params: 35 }, warnings: ["weights file 2.safetensors is missing"] });
    expect(part).toHaveProperty("lowerBounds", expect.arrayContaining(["params", "weightBytes"]));
  });

  it("the table says what is not known", async () => {
    const files = { "w.bin": { type: "file" as const, bytes: safetensors(header, 67) } };
    const { stdout, stderr } = await convcost(["count", "./w.bin"], { files: { "./w.bin": files["w.bin"] } });
    expect(stdout).toMatch(/^total +35 +\? +\?/m);
    expect(stdout).toMatch(/^MACs +not known/m);
    expect(stderr).toContain("weights only");
  });
});

const TINY = { dtype: "I8", shape: [4], data_offsets: [0, 4] };
const described = (value: object) => JSON.stringify(value);
/** A header as text: JSON.stringify writes no key twice. */
const written = (header: string, data: number) => bytesOf(uint64(new TextEncoder().encode(header).length), header, new Uint8Array(data));

describe("a header of safetensors that says a tensor twice", () => {
  it.each([
    ["with other sizes", `{"a":${described(TINY)},"a":${described({ ...TINY, shape: [2, 2] })}}`],
    ["once with an escape, a blank before its colon", `{"a":${described(TINY)},"\\u0061"\n :${described(TINY)}}`],
    ["inside of a description", `{"a":{"dtype":"I8","shape":[2],"shape":[4],"data_offsets":[0,4]}}`],
  ])("%s", (_, header) => {
    expect(() => readSafetensors(source(written(header, 4)))).toThrow(/twice in one object/);
  });

  it("keys that look like it are fine", () => {
    const text = `{"a\\":":${described(TINY)},"__metadata__":{"a":"\\"b\\":","b":"{\\"a\\":1,"}}`;
    expect(analyze(readSafetensors(source(written(text, 4)))).totals.weightBytes).toBe(4n);
  });
});

describe("GGUF", () => {
  const q = ggufTensor("q", [256, 64], 12);
  const header = (offset: number) => bytesOf(ggufHead(2), q, ggufTensor("norm", [256], 0, offset));
  const bytes = 64 * 144;

  it("blocks of 256 weights in 144 bytes (Q4_K), and floats", () => {
    const { totals, warnings } = analyze(readGguf(source(ggufFile(header(bytes), bytes + 1024))));
    expect([totals.params, totals.weightBytes, warnings]).toEqual([256n * 64n + 256n, BigInt(bytes + 1024), []]);
  });

  // ggml pads each tensor to the alignment: 4 bytes, then 28 that belong to none.
  it("padding between and after tensors is no fault; other bytes at the end are said, as ggml ignores them", () => {
    const padded = bytesOf(ggufHead(2), ggufTensor("a", [1], 0), ggufTensor("b", [1], 0, 32));
    const said = (data: number) => analyze(readGguf(source(ggufFile(padded, data)))).warnings;
    expect([said(36), said(64)]).toEqual([[], []]);
    expect(said(70)).toEqual(["6 bytes follow the last tensor of this file, and belong to none"]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["another version", bytesOf("GGUF", uint32(9), uint64(0, 0)), /version 9/],
    ["more tensors than there can be", bytesOf("GGUF", uint32(3), uint64(2 ** 40, 0)), /more tensors/],
    ["a cut", ggufHead(1).subarray(0, 40), /cut off/],
    ["weights that the file cannot hold", ggufFile(bytesOf(ggufHead(1), ggufTensor("q", [2 ** 20, 2 ** 20], 0)), 0), /and the file has 0 for them/],
    ["data that is a byte short", ggufFile(header(bytes), bytes + 1023), /take 10240 bytes, and the file has 10239/],
    ["tensors that overlap", ggufFile(header(0), bytes + 1024), /norm begins at byte 0, and should begin at 9216/],
    ["a gap", ggufFile(header(bytes + 32), bytes + 1056), /begins at byte 9248, and should begin at 9216/],
    ["an offset that is not aligned", ggufFile(header(bytes + 1), bytes + 1056), /begins at byte 9217/],
    ["an offset beyond the file", ggufFile(header(2 ** 50), bytes + 1024), /begins at byte 1125899906842624/],
    ["one name with two types", ggufFile(bytesOf(ggufHead(2), ggufTensor("q", [1], 0), ggufTensor("q", [1], 1, 32)), 64), /q is there twice/],
    ["five dimensions", ggufFile(bytesOf(ggufHead(1), ggufTensor("q", [1, 1, 1, 1, 1], 0)), 4), /5 dimensions/],
    ["rows that are no whole blocks", ggufFile(bytesOf(ggufHead(1), ggufTensor("q", [16, 2], 2)), 18), /rows of tensor q are 16 long/],
    ["a list of an unknown type", bytesOf("GGUF", uint32(3), uint64(0, 1), ggufText("a"), uint32(9, 99), uint64(1)), /of a type that is not known/],
  ])("%s is refused", (_, content, message) => {
    expect(() => readGguf(source(content))).toThrow(message);
  });
});
