import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readTflite } from "../../src/read/tflite/read.js";
import { source } from "./onnx-model.js";
import { int32s, model, type Graph, type Operator, type Tensor } from "./tflite-model.js";

const [ADD, FULLY_CONNECTED, DEQUANTIZE, LESS, IF, WHILE] = [0, 9, 6, 58, 118, 119];
const [CONV_2D, RESHAPE, RESIZE_BILINEAR, SQUEEZE, TRANSPOSE_CONV, BATCH_MATMUL, STABLEHLO_COMPOSITE] = [3, 22, 23, 43, 67, 126, 206];
const INT32 = 2;
const FLOAT16 = 1;
const BOOL = 6;
const count = (content: Uint8Array) => analyze(readTflite(source(content)));

describe("TensorFlow Lite", () => {
  it("weights in one buffer count once, float16 ones behind DEQUANTIZE at their size", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [1, 8] },
      { name: "half", shape: [8, 8], type: FLOAT16, buffer: 1 },
      { name: "w", shape: [8, 8] },
      { name: "same", shape: [8, 8], type: FLOAT16, buffer: 1 },
      { name: "v", shape: [8, 8] },
      { name: "h", shape: [1, 8] },
      { name: "y", shape: [1, 8] },
    ];
    const operators: readonly Operator[] = [
      { code: 0, inputs: [1], outputs: [2] },
      { code: 0, inputs: [3], outputs: [4] },
      { code: 1, inputs: [0, 2, -1], outputs: [5] },
      { code: 1, inputs: [5, 4, -1], outputs: [6] },
    ];
    const { totals, partial } = count(
      model([DEQUANTIZE, FULLY_CONNECTED], [{ tensors, inputs: [0], outputs: [6], operators }], [new Uint8Array(128)]),
    );
    expect(totals).toMatchObject({ params: 64n, weightBytes: 128n, macs: 128n });
    expect(partial).toBe(false);
  });

  it("a custom operator is named; what follows is counted, since the file has its shape", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [1, 8] },
      { name: "u", shape: [1, 8] },
      { name: "w", shape: [4, 8], buffer: 1 },
      { name: "y", shape: [1, 4] },
    ];
    const operators: readonly Operator[] = [
      { code: 0, inputs: [0], outputs: [1] },
      { code: 1, inputs: [1, 2, -1], outputs: [3] },
    ];
    const { totals, uncounted } = count(model(["MyOp", FULLY_CONNECTED], [{ tensors, inputs: [0], outputs: [3], operators }], [new Uint8Array(128)]));
    expect(totals).toMatchObject({ params: 32n, macs: 32n });
    expect(uncounted).toEqual([{ op: "custom.MyOp", count: 1, reason: "this operator is not known" }]);
  });

  it.each([
    ["a resize", RESIZE_BILINEAR, [0, 1], [1, 4, 4, 2], [2]],
    ["a transposed convolution", TRANSPOSE_CONV, [1, 2, 0, 4], [1, 4, 4, 2], [4]],
  ])("%s to a size that is a fraction is refused: found by fuzzing", (_, code, inputs, shape, [sizes = 0]) => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape },
      { name: "size", shape: [sizes], buffer: 1 },
      { name: "w", shape: [2, 1, 1, 2] },
      { name: "y", shape },
      { name: "b", shape: [2] },
    ];
    const floats = new Uint8Array(new Float32Array([1, 0.3, 4, 2].slice(0, sizes)).buffer);
    const content = model(
      [code],
      [{ tensors, inputs: [0, 2], outputs: [3], operators: [{ code: 0, inputs, outputs: [3], options: { 1: { int: 1 }, 2: { int: 1 } } }] }],
      [floats],
    );
    expect(() => count(content)).toThrow(/no tensor has the shape 1x|the size of \w+ is 1, 0\.3/);
  });

  /** A WHILE whose counter goes from 0 to `end`, and whose body has a matrix product. */
  const loop = (start: Tensor, buffers: readonly Uint8Array[]) => {
    const state: readonly Tensor[] = [
      { name: "i", shape: [], type: INT32 },
      { name: "h", shape: [1, 8] },
    ];
    const main: Graph = {
      tensors: [start, { name: "x", shape: [1, 8] }, ...state],
      inputs: start.buffer === undefined ? [0, 1] : [1],
      outputs: [3],
      operators: [{ code: 0, inputs: [0, 1], outputs: [2, 3], options: { 0: { int: 1 }, 1: { int: 2 } } }],
    };
    const cond: Graph = {
      tensors: [...state, { name: "end", shape: [], type: INT32, buffer: 2 }, { name: "goes on", shape: [], type: BOOL }],
      inputs: [0, 1],
      outputs: [3],
      operators: [{ code: 1, inputs: [0, 2], outputs: [3] }],
    };
    const body: Graph = {
      tensors: [
        ...state,
        { name: "one", shape: [], type: INT32, buffer: 3 },
        { name: "next", shape: [], type: INT32 },
        { name: "w", shape: [8, 8], buffer: 4 },
        { name: "out", shape: [1, 8] },
      ],
      inputs: [0, 1],
      outputs: [3, 5],
      operators: [
        { code: 2, inputs: [0, 2], outputs: [3] },
        { code: 3, inputs: [1, 4, -1], outputs: [5] },
      ],
    };
    return model([WHILE, LESS, ADD, FULLY_CONNECTED], [main, cond, body], buffers);
  };
  const buffers = [int32s(0), int32s(28), int32s(1), new Uint8Array(256)];

  it("a WHILE runs as often as its counter says", () => {
    const { totals, outputs, partial } = count(loop({ name: "zero", shape: [], type: INT32, buffer: 1 }, buffers));
    expect(totals).toMatchObject({ macs: 28n * 64n, params: 64n });
    expect([outputs[0]?.shape, partial]).toEqual([[1, 8], false]);
  });

  it("one whose counter goes in is counted once, and said to be partial", () => {
    const { totals, partial } = count(loop({ name: "from", shape: [], type: INT32 }, buffers));
    expect(totals).toMatchObject({ macs: 64n, params: 64n });
    expect(partial).toBe(true);
  });

  it("an IF on the data counts its costlier branch, and stores both", () => {
    const branch = (units: number, buffer: number): Graph => ({
      tensors: [
        { name: "h", shape: [1, 8] },
        { name: "w", shape: [units, 8], buffer },
        { name: "o", shape: [1, units] },
      ],
      inputs: [0],
      outputs: [2],
      operators: [{ code: 1, inputs: [0, 1, -1], outputs: [2] }],
    });
    const main: Graph = {
      tensors: [
        { name: "c", shape: [], type: BOOL },
        { name: "x", shape: [1, 8] },
        { name: "y", shape: [1, 8] },
      ],
      inputs: [0, 1],
      outputs: [2],
      operators: [{ code: 0, inputs: [0, 1], outputs: [2], options: { 0: { int: 1 }, 1: { int: 2 } } }],
    };
    const { totals, warnings } = count(model([IF, FULLY_CONNECTED], [main, branch(8, 1), branch(4, 2)], [new Uint8Array(256), new Uint8Array(128)]));
    expect(totals).toMatchObject({ macs: 64n, params: 96n });
    expect(warnings.join()).toContain("then is counted, the costlier one");
  });

  it("a composite is what it is made of, composites in it too", () => {
    const part = (operator: Operator): Graph => ({
      tensors: [
        { name: "a", shape: [2, 8] },
        { name: "b", shape: [8, 4] },
        { name: "c", shape: [2, 4] },
      ],
      inputs: [0, 1],
      outputs: [2],
      operators: [operator],
    });
    const composite = (graph: number): Operator => ({ code: 0, inputs: [0, 1], outputs: [2], newer: { 1: { int: graph } } });
    const product: Operator = { code: 1, inputs: [0, 1], outputs: [2] };
    const nested = model([STABLEHLO_COMPOSITE, BATCH_MATMUL], [part(composite(1)), part(composite(2)), part(product)]);
    const { totals, outputs, partial } = count(nested);
    expect([totals.macs, outputs[0]?.shape, partial]).toEqual([2n * 8n * 4n, [2, 4], false]);
    // One whose parts are left out is not known, and one that runs itself is refused.
    expect(count(model([STABLEHLO_COMPOSITE], [part(composite(-1))])).partial).toBe(true);
    expect(() => count(model([STABLEHLO_COMPOSITE], [part(composite(0))]))).toThrow("runs itself");
  });

  it("what nothing makes may be given out: a constant", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [2] },
      { name: "c", shape: [4], type: INT32, buffer: 1 },
      { name: "y", shape: [2] },
    ];
    const graph: Graph = { tensors, inputs: [0], outputs: [2, 1], operators: [{ code: 0, inputs: [0, 0], outputs: [2] }] };
    const { outputs, partial, totals } = count(model([ADD], [graph], [int32s(1, 2, 3, 4)]));
    expect(outputs.map(({ shape }) => shape)).toEqual([[2], [4]]);
    expect([partial, totals.params]).toEqual([false, 0n]);
  });

  it("a tensor that is written again is another one from there on", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [2, 3] },
      { name: "y", shape: [2, 3] },
    ];
    const operators: readonly Operator[] = [
      { code: 0, inputs: [0, 0], outputs: [0] },
      { code: 0, inputs: [0, 0], outputs: [1] },
    ];
    const { totals, outputs } = count(model([ADD], [{ tensors, inputs: [0], outputs: [1], operators }]));
    expect([totals.flops, outputs[0]?.shape]).toEqual([12n, [2, 3]]);
  });

  it("an empty list of sizes makes a scalar", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [1] },
      { name: "sizes", shape: [0], type: INT32 },
      { name: "y", shape: [] },
    ];
    const graph: Graph = { tensors, inputs: [0], outputs: [2], operators: [{ code: 0, inputs: [0, 1], outputs: [2] }] };
    const { outputs, partial } = count(model([RESHAPE], [graph]));
    expect([outputs[0]?.shape, partial]).toEqual([[], false]);
  });

  it("a tensor of unknown rank has no shape, and what reads it is not refused", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [1, 2, 1], hasRank: true },
      { name: "u", shape: [] },
      { name: "y", shape: [] },
    ];
    const operators: readonly Operator[] = [
      { code: 0, inputs: [0], outputs: [1] },
      { code: 1, inputs: [1], outputs: [2], options: {} },
    ];
    const { outputs, partial } = count(model(["MyOp", SQUEEZE], [{ tensors, inputs: [0], outputs: [2], operators }]));
    expect([outputs[0]?.shape, partial]).toEqual([null, true]);
  });

  describe("sizes that are open", () => {
    /** 3x3 convolution of 2 channels to 4 over a picture whose size is open, as `stored`. */
    const open = (stored: readonly [number, number]) => {
      const tensors: readonly Tensor[] = [
        { name: "x", shape: [1, ...stored, 2], signature: [-1, -1, -1, 2] },
        { name: "w", shape: [4, 3, 3, 2], buffer: 1 },
        { name: "b", shape: [4] },
        { name: "y", shape: [1, ...stored, 4], signature: [-1, -1, -1, 4] },
      ];
      const options = { 1: { int: 1 }, 2: { int: 1 } };
      const graph: Graph = { tensors, inputs: [0], outputs: [3], operators: [{ code: 0, inputs: [0, 1, 2], outputs: [3], options }] };
      return model([CONV_2D], [graph], [new Uint8Array(4 * 72)]);
    };

    it("are those that the file has, with a warning", () => {
      const { totals, partial, warnings } = count(open([8, 6]));
      expect([totals.macs, partial]).toEqual([8n * 6n * 72n, false]);
      expect(warnings.join()).toContain("input x has an open dimension 1: 8 is taken");
    });

    it("are at least 1 where it has 1, and that is said", () => {
      const { totals, partial } = count(open([1, 1]));
      expect([totals.macs, partial]).toEqual([72n, true]);
    });

    it("are what --input and --batch say", () => {
      const content = source(open([1, 1]));
      const said = analyze(readTflite(content, { input: [5, 7, 2], batch: 3 }));
      expect([said.totals.macs, said.partial, said.outputs[0]?.shape]).toEqual([3n * 5n * 7n * 72n, false, [3, 5, 7, 4]]);
    });
  });

  it("bytes that do not fit the shape are refused", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [1, 8] },
      { name: "w", shape: [4, 8], buffer: 1 },
      { name: "y", shape: [1, 4] },
    ];
    const content = model(
      [FULLY_CONNECTED],
      [{ tensors, inputs: [0], outputs: [2], operators: [{ code: 0, inputs: [0, 1, -1], outputs: [2] }] }],
      [new Uint8Array(100)],
    );
    expect(() => count(content)).toThrow(/128 bytes, but has 100/);
  });
});
