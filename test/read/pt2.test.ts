import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readPt2 } from "../../src/read/pt2/read.js";
import { convcost } from "../cli/run.js";
import { source } from "./onnx-model.js";
import { archive, NET } from "./pt2-model.js";

/** The archive with another text in its program. */
function rewritten(from: string, to: string): Uint8Array {
  const files = Object.entries(unzipSync(archive(NET))).map(([name, bytes]) => [name, strToU8(strFromU8(bytes).replace(from, to))] as const);
  return zipSync(Object.fromEntries(files));
}

describe("PyTorch: archives of torch.export", () => {
  it("every layer, parameter and buffer, by the shapes that are written", () => {
    const { totals, layers, outputs, partial, warnings } = analyze(readPt2(source(archive(NET))));
    expect(totals.macs).toBe(BigInt(2 * 16 * 27 * 4 + 2 * 16 * 9 * 4 + 2 * 16 * 4 * 16 + 2 * 16 * 10));
    // What the model has and no node reads is a parameter as well: `spare`.
    expect(totals.params).toBe(BigInt(108 + 8 + 36 + 64 + 160 + 10 + 7));
    expect(totals.buffers).toBe(8n + 16n);
    expect([outputs[0]?.shape, partial]).toEqual([[2, 10], false]);
    expect(layers.flatMap(({ kind }) => kind ?? [])).toEqual(["standard", "depthwise", "pointwise"]);
    expect(layers[0]?.name).toBe("/stem.0/conv");
    expect(warnings.join()).toContain("those of the example");
  });

  it("an operator that is not known is named, and what follows is counted: its shape is written", () => {
    const nodes = NET.nodes.map((each) =>
      "target" in each && each.target === "torch.ops.aten.relu6.default" ? { ...each, target: "torch.ops.mylib.act.default" } : each,
    );
    const { uncounted, totals } = analyze(readPt2(source(archive({ ...NET, nodes }))));
    expect(uncounted).toEqual([{ op: "mylib.act", count: 1, reason: "this operator is not known" }]);
    expect(totals.macs).toBe(analyze(readPt2(source(archive(NET)))).totals.macs);
  });

  it("archives of before PyTorch 2.8 have their program at the top", () => {
    expect(analyze(readPt2(source(archive(NET, "serialized_exported_program.json")))).totals.uncounted).toBe(0);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an archive of something else", zipSync({ "archive/data.pkl": strToU8("x") }), /no exported program/],
    ["a program without a graph", zipSync({ "net/models/model.json": strToU8("{}") }), /no graph_module/],
    ["a cut", archive(NET).subarray(0, 200), /damaged/],
    // Found by fuzzing: it took a second to unpack and read.
    ["48 MiB of blanks in 50 KiB", zipSync({ "net/models/model.json": new Uint8Array(48 * 1024 * 1024).fill(32) }, { level: 1 }), /damaged/],
    // Found by fuzzing: it was counted with a stride of NaN.
    ["a list of numbers that has others", rewritten('"as_ints":[2,2]', '"as_ints":[2,{}]'), /not a list of numbers/],
  ])("%s is refused", (_, content, message) => {
    expect(() => readPt2(source(content))).toThrow(message);
  });

  it("the command tells it from a Keras archive by what is in it", async () => {
    const { stdout } = await convcost(["count", "./model", "--json"], { files: { "./model": { type: "file", bytes: archive(NET) } } });
    expect(JSON.parse(stdout)).toMatchObject({ model: { format: "pt2" }, partial: false });
  });
});
