// Enumerations and option tables of TensorFlow Lite's schema.fbs (version 3c), by number.

/** BuiltinOperator. */
export const BUILTIN = `
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED
HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD
UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM
STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX
MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG
SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN
FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V
UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM
CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL
CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU
DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST
BITWISE_XOR RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE
STABLEHLO_CLAMP STABLEHLO_CONCATENATE STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL
STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM
STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH
STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA
STABLEHLO_DOT_GENERAL STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE
STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE COMPLEX
`
  .trim()
  .split(/\s+/);

/** TensorType as ONNX's DataType, which the readers of model files share. */
export const DATA_TYPES: readonly number[] = [1, 10, 6, 2, 7, 8, 9, 5, 14, 3, 11, 15, 13, 0, 0, 12, 4, 22, 16];

/** ActivationFunctionType. */
export const ACTIVATIONS: readonly string[] = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"];

type Field = readonly [name: string, number: number, kind: "int" | "flag" | "byte" | "ints" | "activation" | "padding", otherwise?: number];

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

/** Operators whose options are graphs, by their number. */
export const GRAPHS: Readonly<Record<string, readonly string[]>> = {
  IF: ["then", "else"],
  WHILE: ["cond", "body"],
  CALL: ["subgraph"],
  CALL_ONCE: ["subgraph"],
};
