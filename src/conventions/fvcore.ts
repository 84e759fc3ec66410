import { ANY, type Convention, type Operation, type Parts } from "./convention.js";
import { CONVOLUTIONS, fourDigits, inputOf, isAffine, norm, outputOf, perInput, plain, TRANSPOSED } from "./counts.js";

const FILE = "fvcore/nn/jit_handles.py";

/** Padding given as a word makes another operator of the traced graph (aten::_convolution_mode), which has no handle. */
function convolution(operation: Operation): Parts {
  const { paddingString, paddingMode } = operation.attributes;
  return typeof paddingString === "string" && paddingMode === undefined ? {} : plain(operation);
}

/** batchnorm_flop_jit: 2 an element with running statistics, else as a norm that measures its input. */
function batchNorm(operation: Operation): Parts {
  const isRunning = operation.ports.some(({ role }) => role === "buffer");
  const [affine, bare] = isRunning ? [2n, 1n] : [5n, 4n];
  return { normalization: (isAffine(operation) ? affine : bare) * inputOf(operation) };
}

/** elementwise_flop_counter: nearest 1 an output, bilinear 4; one- and three-dimensional and bicubic ones have no handle. */
function upsample(operation: Operation): Parts {
  const {
    outputs: [output = []],
    attributes,
  } = operation;
  const each = output.length !== 4 ? 0n : attributes["mode"] === "nearest" ? 1n : attributes["mode"] === "bilinear" ? 4n : 0n;
  return { interpolation: each * outputOf(operation) };
}

/** fvcore: handles for the operators of a traced graph; what has none is listed by it, and counts nothing. */
export const fvcore: Convention = {
  name: "fvcore",
  title: "fvcore",
  version: "facebookresearch/fvcore 3378afe",
  unit: "MAC",
  reads: "torch",
  perMac: 1n,
  tables: [
    {
      sees: "operators of the traced graph, however they are called",
      calledAs: ANY,
      rules: [
        {
          ops: CONVOLUTIONS,
          formula: "N·out·Cout·(Cin/g)·K; 0 where the padding is a word",
          source: `${FILE}, conv_flop_jit`,
          count: convolution,
          wrong: "a convolution whose padding is a word ('same') counts nothing",
        },
        { ops: TRANSPOSED, formula: "N·in·Cin·(Cout/g)·K", source: `${FILE}, conv_flop_jit`, count: plain },
        { ops: ["linear"], formula: "rows·in·out", source: `${FILE}, linear_flop_jit, addmm_flop_jit`, count: plain },
        {
          ops: ["einsum"],
          formula: "batch·m·k·n, to four digits",
          source: `${FILE}, einsum_flop_jit`,
          count: fourDigits,
          wrong: "a sum of products is read off a text of four digits",
        },
        { ops: ["matmul"], formula: "batch·m·k·n", source: `${FILE}, bmm_flop_jit, matmul_flop_jit`, count: plain },
        {
          ops: ["batch_norm"],
          formula: "2 an element, 1 without scale and shift; without running statistics 5 and 4",
          source: `${FILE}, batchnorm_flop_jit`,
          count: batchNorm,
        },
        {
          ops: ["layer_norm", "group_norm", "instance_norm"],
          formula: "5 an element, 4 without scale and shift",
          source: `${FILE}, norm_flop_counter`,
          count: norm(5n, 4n),
        },
        {
          ops: ["adaptive_avg_pool2d", "global_avg_pool2d"],
          formula: "1 an element of the input; x.mean() 0",
          source: "fvcore/nn/flop_count.py, _DEFAULT_SUPPORTED_OPS",
          count: perInput("pooling"),
          calledAs: ["module", "subclass", "function"],
        },
        {
          ops: ["upsample"],
          formula: "an output: nearest 1, bilinear 4, in two dimensions",
          source: "fvcore/nn/flop_count.py, _DEFAULT_SUPPORTED_OPS",
          count: upsample,
        },
      ],
    },
  ],
  notes: ["It calls multiply-adds flops.", "LSTM and GRU count nothing; it lists them as unsupported."],
};
