const base64 = (text: string) => btoa(text);
export const ints = (...values: readonly number[]) => ({ list: { i: values.map(String) } });
export const func = (name: string) => ({ func: { name } });
export const text = (value: string) => ({ s: base64(value) });
const fused = (...names: readonly string[]) => ({ list: { s: names.map(base64) } });
export const node = (op: string, name: string, input: readonly string[] = [], attr: object = {}) => ({ op, name, input, attr });
export const placeholder = (...sizes: readonly number[]) =>
  node("Placeholder", "x", [], { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } } });

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values?: readonly number[];
}

/** A graph model around its nodes; the shard has the values of whole numbers, and zeros for the rest. */
export function model(nodes: readonly object[], weights: readonly Weight[], more: object = {}, functions: readonly object[] = []) {
  const inFunctions = JSON.stringify(functions);
  const listed = weights.map(({ name, shape, values }) => ({ name, shape, dtype: values === undefined ? "float32" : "int32" }));
  const shard = weights.flatMap(({ shape, values }) => [
    ...new Uint8Array(new Int32Array(values ?? Array<number>(shape.reduce((product, size) => product * size, 1)).fill(0)).buffer),
  ]);
  const constants = weights.filter(({ name }) => !inFunctions.includes(`"Const","name":"${name}"`)).map(({ name }) => node("Const", name));
  const json = {
    format: "graph-model",
    modelTopology: { node: [...nodes, ...constants], library: { function: functions } },
    weightsManifest: [{ paths: ["group1-shard1of1.bin"], weights: listed }],
    ...more,
  };
  return { json: JSON.stringify(json), shard: Uint8Array.from(shard) };
}

const conv = { strides: ints(1, 2, 2, 1), dilations: ints(1, 1, 1, 1), padding: text("VALID"), data_format: text("NHWC") };
const same = { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: text("SAME") };

// A MobileNet in small, as tensorflowjs_converter writes it: padding by itself, batch norm whole or folded, activations fused.
export const NET = model(
  [
    placeholder(-1, 8, 8, 3),
    node("Pad", "pad", ["x", "paddings"]),
    node("Conv2D", "stem", ["pad", "stem/w"], conv),
    node("FusedBatchNormV3", "bn", ["stem", "gamma", "beta", "mean", "var"]),
    node("Relu6", "act", ["bn:0", "^pad"]),
    node("FusedDepthwiseConv2dNative", "dw", ["act", "dw/w", "dw/b"], { ...same, fused_ops: fused("BiasAdd", "Relu6") }),
    node("_FusedConv2D", "pw", ["dw", "pw/w", "pw/b"], { ...same, fused_ops: fused("BiasAdd", "Relu6") }),
    node("Mean", "pool", ["pw", "axes"], { keep_dims: { b: false } }),
    node("_FusedMatMul", "dense", ["pool", "dense/w", "dense/b"], { fused_ops: fused("BiasAdd") }),
    node("Softmax", "y", ["dense"]),
  ],
  [
    { name: "paddings", shape: [4, 2], values: [0, 0, 0, 1, 0, 1, 0, 0] },
    { name: "stem/w", shape: [3, 3, 3, 4] },
    ...["gamma", "beta", "mean", "var"].map((name) => ({ name, shape: [4] })),
    { name: "dw/w", shape: [3, 3, 4, 2] },
    { name: "dw/b", shape: [8] },
    { name: "pw/w", shape: [1, 1, 8, 16] },
    { name: "pw/b", shape: [16] },
    { name: "axes", shape: [2], values: [1, 2] },
    { name: "dense/w", shape: [16, 10] },
    { name: "dense/b", shape: [10] },
  ],
  { signature: { outputs: { prediction: { name: "y:0" } } } },
);
