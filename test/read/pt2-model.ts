import { strToU8, zipSync } from "fflate";

// Messages as torch/_export/serde/schema.py has them, schema version 8.
export const tensor = (name: string) => ({ as_tensor: { name } });
export const arg = (name: string, value: object) => ({ name, arg: value, kind: 1 });
export const ints = (...values: readonly number[]) => ({ as_ints: values });
export const node = (target: string, inputs: readonly object[], output: string | readonly string[], path = "") => ({
  target: `torch.ops.aten.${target}`,
  inputs,
  outputs: typeof output === "string" ? [tensor(output)] : [{ as_tensors: output.map((name) => ({ name })) }],
  metadata: { nn_module_stack: `L__self__,,Net;L__self___block,${path},torch.nn.modules.conv.Conv2d` },
});
/** The batch, which is open: 2 in the example. */
export const BATCH = { as_expr: { expr_str: "Symbol('s0', positive=True, integer=True)", hint: { as_int: 2 } } };
export const meta = (sizes: readonly (number | object)[], dtype = 7) => ({
  dtype,
  sizes: sizes.map((size) => (typeof size === "number" ? { as_int: size } : size)),
  requires_grad: false,
});

export interface Program {
  readonly nodes: readonly object[];
  readonly values: Readonly<Record<string, object>>;
  readonly parameters: readonly string[];
  readonly buffers?: readonly string[];
  readonly output: string;
  /** Inputs of the user; \`x\` unless said. */
  readonly inputs?: readonly string[];
  readonly ranges?: Readonly<Record<string, { readonly min_val: number | null; readonly max_val: number | null }>>;
  /** Further entries of the archive. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

export function archive(
  { nodes, values, parameters, buffers = [], output, inputs = ["x"], ranges = {}, files = {} }: Program,
  entry = "net/models/model.json",
): Uint8Array {
  const specs = [
    ...parameters.map((name) => ({ parameter: { arg: { name }, parameter_name: name } })),
    ...buffers.map((name) => ({ buffer: { arg: { name }, buffer_name: name, persistent: true } })),
    ...inputs.map((name) => ({ user_input: { arg: tensor(name) } })),
  ];
  const program = {
    graph_module: {
      graph: { inputs: [], outputs: [tensor(output)], nodes, tensor_values: values, sym_int_values: {}, sym_bool_values: {} },
      signature: { input_specs: specs, output_specs: [{ user_output: { arg: tensor(output) } }] },
      module_call_graph: [],
    },
    range_constraints: ranges,
    schema_version: { major: 8, minor: 17 },
  };
  return zipSync({
    "net/archive_format": strToU8("pt2"),
    [entry]: strToU8(JSON.stringify(program)),
    "net/data/weights/weight_0": new Uint8Array(100),
    // PyTorch stores what it puts into its archives unpacked.
    ...Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, [bytes, { level: 0 }] as const])),
  });
}

/** A small net: a strided convolution, norm, depthwise, pointwise, pooling, linear. */
export const NET: Program = {
  parameters: ["w", "g", "b", "dw", "pw", "lw", "lb", "spare"],
  buffers: ["mean", "var", "table"],
  values: {
    x: meta([BATCH, 3, 8, 8]),
    w: meta([4, 3, 3, 3]),
    ...Object.fromEntries(["g", "b", "mean", "var"].map((name) => [name, meta([4])])),
    dw: meta([4, 1, 3, 3]),
    pw: meta([16, 4, 1, 1]),
    lw: meta([10, 16]),
    lb: meta([10]),
    spare: meta([7]),
    table: meta([1, 16]),
    conv: meta([BATCH, 4, 4, 4]),
    bn: meta([BATCH, 4, 4, 4]),
    act: meta([BATCH, 4, 4, 4]),
    deep: meta([BATCH, 4, 4, 4]),
    point: meta([BATCH, 16, 4, 4]),
    pool: meta([BATCH, 16]),
    shifted: meta([BATCH, 16]),
    y: meta([BATCH, 10]),
  },
  nodes: [
    node(
      "conv2d.default",
      [arg("input", tensor("x")), arg("weight", tensor("w")), arg("bias", { as_none: true }), arg("stride", ints(2, 2)), arg("padding", ints(1, 1))],
      "conv",
      "stem.0",
    ),
    node(
      "batch_norm.default",
      [
        arg("input", tensor("conv")),
        arg("weight", tensor("g")),
        arg("bias", tensor("b")),
        arg("running_mean", tensor("mean")),
        arg("running_var", tensor("var")),
      ],
      "bn",
    ),
    node("relu6.default", [arg("self", tensor("bn"))], "act"),
    node(
      "conv2d.default",
      [arg("input", tensor("act")), arg("weight", tensor("dw")), arg("padding", ints(1, 1)), arg("groups", { as_int: 4 })],
      "deep",
    ),
    node("conv2d.default", [arg("input", tensor("deep")), arg("weight", tensor("pw"))], "point"),
    node("mean.dim", [arg("self", tensor("point")), arg("dim", ints(2, 3))], "pool"),
    node("add.Tensor", [arg("self", tensor("pool")), arg("other", tensor("table"))], "shifted"),
    node("linear.default", [arg("input", tensor("shifted")), arg("weight", tensor("lw")), arg("bias", tensor("lb"))], "y"),
  ],
  output: "y",
};
