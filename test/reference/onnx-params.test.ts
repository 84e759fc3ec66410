import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { isObject } from "../../src/read/keras/json.js";
import { bytesSource } from "../../src/read/onnx/bytes.js";
import { readOnnx, type ReadOnnxOptions } from "../../src/read/onnx/read.js";
import { hasReference, readReference } from "./reference.js";

function paramsOf(path: string, options: ReadOnnxOptions = {}) {
  const bytes = readFileSync(fileURLToPath(new URL(`../../../shared/reference/${path}`, import.meta.url)));
  const { totals, partial } = analyze(readOnnx(bytesSource(bytes), { source: path, ...options }));
  return { params: totals.params, buffers: totals.buffers, partial };
}

/** Files of the cases of peers.json that are about parameters of ONNX files, in the order of their figures. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  O1: ["prelu_nf.onnx"],
  O1b: ["xattn_dyn.onnx"],
  O1d: ["crnn.o13train.onnx", "dynconv.o16nofold.onnx", "tensordot.o16nofold.onnx"],
  O2: ["rpb_nf.onnx"],
  D5: ["cells.o13.onnx"],
};

function peerCases(): readonly (readonly [id: string, file: string, params: bigint])[] {
  const read = hasReference("reports/peers.json") ? readReference("reports/peers.json") : [];
  return (Array.isArray(read) ? read : []).flatMap((each: unknown) => {
    if (!isObject(each) || each["kind"] !== "onnx-params" || typeof each["id"] !== "string") return [];
    const { id, expected } = { id: each["id"], expected: each["expected"] };
    const figures: readonly unknown[] = Array.isArray(expected) ? expected : [expected];
    const files = FILES[id] ?? [];
    return figures.map((params, index) => [id, files[index] ?? "", BigInt(Number(params))] as const);
  });
}

describe.skipIf(!hasReference("reports/peers.json"))("../shared/reference/reports/peers.json: parameters of ONNX files", () => {
  it.each(peerCases())("%s: %s has %d", (_, file, params) => {
    const input = file === "xattn_dyn.onnx" ? { x: [2, 7, 8], m: [2, 5, 8] } : undefined;
    expect(paramsOf(`reports/files/${file}`, { input })).toMatchObject({ params, partial: false });
  });
});

describe.skipIf(!hasReference("torch2/cases.json"))("../shared/reference/torch2: exports of PyTorch 2", () => {
  // The rotary tables [1, 1, 9, 8] are buffers; torch2/cases.json has the parameters.
  it.each([
    ["onnx-sdpa-scale.onnx", 3168n, 0n],
    ["onnx-llama-rotary.onnx", 10_976n, 144n],
  ])("%s", (file, params, buffers) => {
    expect(paramsOf(`torch2/${file}`)).toEqual({ params, buffers, partial: false });
  });
});

describe.skipIf(!hasReference("attack/ceildiv.onnx"))("../shared/reference/attack/ceildiv.onnx", () => {
  it("a size is halved and rounded up: 113 of 225", () => {
    const bytes = readFileSync(fileURLToPath(new URL("../../../shared/reference/attack/ceildiv.onnx", import.meta.url)));
    // 113 * 113 * 64 * 3 * 9
    expect(analyze(readOnnx(bytesSource(bytes))).totals.macs).toBe(22_064_832n);
  });
});
