// Option tables of TensorFlow Lite's schema.fbs (version 3c): their fields by number.

/** A field of an operator's options; `long` and `longs` are of 64 bits. */
export type Field = readonly [
  name: string,
  number: number,
  kind: "int" | "long" | "flag" | "byte" | "ints" | "longs" | "activation" | "padding",
  otherwise?: number,
];

const POOL: readonly Field[] = [
  ["padding", 0, "padding"],
  ["stride_w", 1, "int"],
  ["stride_h", 2, "int"],
  ["filter_width", 3, "int"],
  ["filter_height", 4, "int"],
  ["activation", 5, "activation"],
];
const CONV_3D: readonly Field[] = [
  ["padding", 0, "padding"],
  ["stride_d", 1, "int"],
  ["stride_w", 2, "int"],
  ["stride_h", 3, "int"],
  ["activation", 4, "activation"],
  ["dilation_d", 5, "int", 1],
  ["dilation_w", 6, "int", 1],
  ["dilation_h", 7, "int", 1],
];
const FIRST_ACTIVATION: readonly Field[] = [["activation", 0, "activation"]];
const AXIS: readonly Field[] = [["axis", 0, "int"]];
const BLOCK: readonly Field[] = [["blocksize", 0, "int"]];
const KEEP: readonly Field[] = [["keepdims", 0, "flag"]];

/** Options of the operators that have any which decide a shape or a cost. */
export const OPTIONS: Readonly<Record<string, readonly Field[]>> = {
  CONV_2D: [
    ["padding", 0, "padding"],
    ["stride_w", 1, "int"],
    ["stride_h", 2, "int"],
    ["activation", 3, "activation"],
    ["dilation_w", 4, "int", 1],
    ["dilation_h", 5, "int", 1],
  ],
  DEPTHWISE_CONV_2D: [
    ["padding", 0, "padding"],
    ["stride_w", 1, "int"],
    ["stride_h", 2, "int"],
    ["activation", 4, "activation"],
    ["dilation_w", 5, "int", 1],
    ["dilation_h", 6, "int", 1],
  ],
  TRANSPOSE_CONV: [
    ["padding", 0, "padding"],
    ["stride_w", 1, "int"],
    ["stride_h", 2, "int"],
    ["activation", 3, "activation"],
  ],
  CONV_3D,
  CONV_3D_TRANSPOSE: CONV_3D,
  AVERAGE_POOL_2D: POOL,
  MAX_POOL_2D: POOL,
  L2_POOL_2D: POOL,
  FULLY_CONNECTED: [
    ["activation", 0, "activation"],
    ["keep_num_dims", 2, "flag"],
  ],
  SVDF: [
    ["rank", 0, "int"],
    ["activation", 1, "activation"],
  ],
  RNN: FIRST_ACTIVATION,
  UNIDIRECTIONAL_SEQUENCE_RNN: [
    ["time_major", 0, "flag"],
    ["activation", 1, "activation"],
  ],
  BIDIRECTIONAL_SEQUENCE_RNN: [
    ["time_major", 0, "flag"],
    ["activation", 1, "activation"],
    ["merge_outputs", 2, "flag"],
  ],
  LSTM: [
    ["activation", 0, "activation"],
    ["kernel_type", 3, "byte"],
  ],
  UNIDIRECTIONAL_SEQUENCE_LSTM: [
    ["activation", 0, "activation"],
    ["time_major", 3, "flag"],
  ],
  BIDIRECTIONAL_SEQUENCE_LSTM: [
    ["activation", 0, "activation"],
    ["merge_outputs", 3, "flag"],
    ["time_major", 4, "flag", 1],
  ],
  ADD: FIRST_ACTIVATION,
  SUB: FIRST_ACTIVATION,
  MUL: FIRST_ACTIVATION,
  DIV: FIRST_ACTIVATION,
  CONCATENATION: [
    ["axis", 0, "int"],
    ["activation", 1, "activation"],
  ],
  LOCAL_RESPONSE_NORMALIZATION: [["radius", 0, "int"]],
  RESHAPE: [["new_shape", 0, "ints"]],
  SPACE_TO_DEPTH: BLOCK,
  DEPTH_TO_SPACE: BLOCK,
  GATHER: [
    ["axis", 0, "int"],
    ["batch_dims", 1, "int"],
  ],
  SQUEEZE: [["axes", 0, "ints"]],
  SPLIT: [["num_splits", 0, "int"]],
  STRIDED_SLICE: [
    ["begin_mask", 0, "int"],
    ["end_mask", 1, "int"],
    ["ellipsis_mask", 2, "int"],
    ["new_axis_mask", 3, "int"],
    ["shrink_axis_mask", 4, "int"],
    ["offset", 5, "flag"],
  ],
  PACK: [
    ["values_count", 0, "int"],
    ["axis", 1, "int"],
  ],
  UNPACK: [
    ["num", 0, "int"],
    ["axis", 1, "int"],
  ],
  ONE_HOT: AXIS,
  MEAN: KEEP,
  SUM: KEEP,
  REDUCE_PROD: KEEP,
  REDUCE_MAX: KEEP,
  REDUCE_MIN: KEEP,
  REDUCE_ANY: KEEP,
  REDUCE_ALL: KEEP,
  BATCH_MATMUL: [
    ["adj_x", 0, "flag"],
    ["adj_y", 1, "flag"],
  ],
  IF: [
    ["then", 0, "int"],
    ["else", 1, "int"],
  ],
  WHILE: [
    ["cond", 0, "int"],
    ["body", 1, "int"],
  ],
  CALL: [["subgraph", 0, "int"]],
  CALL_ONCE: [["subgraph", 0, "int"]],
};

/** Options of newer operators, which stand in a union of their own (`BuiltinOptions2`). */
export const NEWER_OPTIONS: Readonly<Record<string, readonly Field[]>> = {
  STABLEHLO_CONCATENATE: [["axis", 0, "long"]],
  STABLEHLO_BROADCAST_IN_DIM: [["axes", 0, "longs"]],
  STABLEHLO_SLICE: [
    ["starts", 0, "longs"],
    ["ends", 1, "longs"],
    ["steps", 2, "longs"],
  ],
  STABLEHLO_CONVOLUTION: [
    ["strides", 0, "longs"],
    ["padding", 1, "longs"],
    ["lhs_dilation", 2, "longs"],
    ["rhs_dilation", 3, "longs"],
    ["input_batch", 5, "long"],
    ["input_feature", 6, "long"],
    ["input_spatial", 7, "longs"],
    ["kernel_input", 8, "long"],
    ["kernel_output", 9, "long"],
    ["kernel_spatial", 10, "longs"],
    ["output_batch", 11, "long"],
    ["output_feature", 12, "long"],
    ["output_spatial", 13, "longs"],
    ["groups", 14, "long", 1],
    ["batch_groups", 15, "long", 1],
  ],
  STABLEHLO_REDUCE: [["axes", 0, "longs"]],
  STABLEHLO_DYNAMIC_SLICE: [["sizes", 0, "longs"]],
  STABLEHLO_PAD: [
    ["low", 0, "longs"],
    ["high", 1, "longs"],
    ["interior", 2, "longs"],
  ],
  STABLEHLO_DOT_GENERAL: [
    ["lhs_batch", 0, "longs"],
    ["rhs_batch", 1, "longs"],
    ["lhs_contracting", 2, "longs"],
    ["rhs_contracting", 3, "longs"],
  ],
  STABLEHLO_REDUCE_WINDOW: [
    ["window", 0, "longs"],
    ["strides", 1, "longs"],
    ["base_dilations", 2, "longs"],
    ["window_dilations", 3, "longs"],
    ["padding", 4, "longs"],
  ],
  STABLEHLO_WHILE: [
    ["cond", 0, "int", -1],
    ["body", 1, "int", -1],
  ],
  STABLEHLO_TRANSPOSE: [["perm", 0, "longs"]],
  STABLEHLO_COMPOSITE: [["decomposition", 1, "int", -1]],
};

/** Operators whose options are graphs, by their number. */
export const GRAPHS: Readonly<Record<string, readonly string[]>> = {
  IF: ["then", "else"],
  WHILE: ["cond", "body"],
  CALL: ["subgraph"],
  CALL_ONCE: ["subgraph"],
  STABLEHLO_WHILE: ["cond", "body"],
  STABLEHLO_COMPOSITE: ["decomposition"],
};
