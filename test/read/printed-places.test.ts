import { describe, expect, it } from "vitest";
import { analyze } from "../../src/index.js";
import { readPrinted } from "../../src/read/torch/read.js";

/** A layer as a version of PyTorch prints it, with the parameters and buffers of its documented shapes. */
type Printed = readonly [text: string, params: number, buffers: number];

const LINEAR = 4 * 8 + 8;
const LSTM = 4 * 8 * (4 + 8 + 2);
const ENCODER = 4 * 64 * 64 + 4 * 64 + 2 * 64 * 128 + 128 + 64 + 4 * 64;

const LAYERS: readonly Printed[] = [
  ["Linear(in_features=4, out_features=8, bias=True)", LINEAR, 0],
  ["Linear(in_features=4, out_features=8, bias=False)", 32, 0],
  ["Linear(in_features=4, out_features=0, bias=False)", 0, 0],
  ["Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)", 28, 0],
  ["Conv1d(4, 8, kernel_size=(3,), stride=(1,), padding=same, padding_mode=reflect)", 8 * 4 * 3 + 8, 0],
  ["Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), groups=4, bias=False)", 72, 0],
  ["Conv3d(2, 4, kernel_size=(1, 2, 3), stride=(1, 1, 1), dilation=(1, 2, 1))", 52, 0],
  ["ConvTranspose2d(4, 6, kernel_size=(2, 2), stride=(2, 2), output_padding=(1, 1), groups=2)", 4 * 3 * 4 + 6, 0],
  ["DeformConv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), bias=False)", 288, 0],
  ["Embedding(10, 3)", 30, 0],
  ["Embedding(10, 3, padding_idx=0, max_norm=1.0, scale_grad_by_freq=True, sparse=True)", 30, 0],
  ["EmbeddingBag(10, 3, mode=mean)", 30, 0],
  ["EmbeddingBag(10, 3, mode='max', padding_idx=1)", 30, 0],
  ["BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)", 16, 16],
  ["BatchNorm2d(8, eps=1e-05, momentum=None, affine=True, bias=False, track_running_stats=True)", 8, 16],
  ["BatchNorm1d(8, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)", 0, 0],
  ["SyncBatchNorm(8, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)", 16, 16],
  ["InstanceNorm3d(8, eps=1e-05, momentum=0.1, affine=False, bias=True, track_running_stats=False)", 0, 0],
  ["InstanceNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)", 16, 16],
  ["FrozenBatchNorm2d(8, eps=1e-05)", 0, 32],
  ["FrozenBatchNorm2d(num_features=8, eps=1e-05)", 0, 32],
  ["FrozenBatchNorm2d()", 0, 0],
  ["GroupNorm(2, 8, eps=1e-05, affine=True)", 16, 0],
  ["GroupNorm(2, 8, eps=1e-05, affine=True, bias=False)", 8, 0],
  ["LayerNorm((3, 4), eps=1e-05, elementwise_affine=True)", 24, 0],
  ["LayerNorm(torch.Size([3, 4]), eps=1e-05, elementwise_affine=True)", 24, 0],
  ["LayerNorm((5,), eps=1e-05, elementwise_affine=True, bias=False)", 5, 0],
  ["RMSNorm((5,), eps=None, elementwise_affine=True)", 5, 0],
  ["PReLU(num_parameters=3)", 3, 0],
  ["LSTM(4, 8)", LSTM, 0],
  ["LSTM(4, 8, num_layers=2, bias=False, batch_first=True, dropout=0.1, bidirectional=True)", 2 * 4 * 8 * (4 + 8) + 2 * 4 * 8 * (16 + 8), 0],
  ["LSTM(4, 8, proj_size=3)", 4 * 8 * (4 + 3 + 2) + 3 * 8, 0],
  ["GRU(4, 8)", (LSTM / 4) * 3, 0],
  ["RNN(4, 8)", LSTM / 4, 0],
  ["LSTMCell(4, 8)", LSTM, 0],
  ["RNNCell(4, 8, nonlinearity=relu)", LSTM / 4, 0],
  ["Conv1D(nf=8, nx=4)", LINEAR, 0],
  ["ReLU(inplace)", 0, 0],
  ["ReLU(inplace=True)", 0, 0],
  ["LeakyReLU(negative_slope=0.2, inplace)", 0, 0],
  ["Dropout(p=0.5)", 0, 0],
  ["GELU()", 0, 0],
  ["GELU(approximate='none')", 0, 0],
  ["MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)", 0, 0],
  ["AdaptiveAvgPool2d(output_size=(1, 1))", 0, 0],
  ["FractionalMaxPool2d()", 0, 0],
  ["Upsample(scale_factor=2.0, mode=bilinear)", 0, 0],
  ["Softmax(dim=None)", 0, 0],
  ["ZeroPad2d(padding=(1, 1, 1, 1), value=0.0)", 0, 0],
  ["QuickGELUActivation()", 0, 0],
  ["SegformerDropPath(p=0.0142)", 0, 0],
  ["LlamaRotaryEmbedding()", 0, 0],
  ["SelectAdaptivePool2d (pool_type=avg, flatten=Flatten(start_dim=1, end_dim=-1))", 0, 0],
  ["Rearrange('b c (h p1) -> b (h p1) c)', p1=4)", 0, 0],
  ["CosineSimilarity()", 0, 0],
  ["PairwiseDistance()", 0, 0],
  ["CrossEntropyLoss()", 0, 0],
  ["TripletMarginLoss()", 0, 0],
  ["Identity()", 0, 0],
  // Two of its kind differ in the class of their child: PyTorch 1.0 to 1.3, 1.4 to 1.8, since.
  ...["Linear", "_LinearWithBias", "NonDynamicallyQuantizableLinear"].map((linear): Printed => [
    `MultiheadAttention(\n  (out_proj): ${linear}(in_features=8, out_features=8, bias=True)\n)`,
    4 * 64 + 32,
    0,
  ]),
  [
    `TransformerEncoderLayer(
  (self_attn): MultiheadAttention(
    (out_proj): NonDynamicallyQuantizableLinear(in_features=64, out_features=64, bias=True)
  )
  (linear1): Linear(in_features=64, out_features=128, bias=True)
  (dropout): Dropout(p=0.1, inplace=False)
  (linear2): Linear(in_features=128, out_features=64, bias=True)
  (norm1): LayerNorm((64,), eps=1e-05, elementwise_affine=True)
  (norm2): LayerNorm((64,), eps=1e-05, elementwise_affine=True)
  (dropout1): Dropout(p=0.1, inplace=False)
  (dropout2): Dropout(p=0.1, inplace=False)
)`,
    ENCODER,
    0,
  ],
  ["AdaptiveLogSoftmaxWithLoss(\n  (head): Linear(in_features=4, out_features=8, bias=False)\n  (tail): ModuleList()\n)", 32, 0],
  ["ParameterList(  (0): Parameter containing: [torch.FloatTensor of size 2x3])", 6, 0],
  [
    "ParameterDict(\n    (a): Parameter containing: [torch.cuda.HalfTensor of size 2x3 (GPU 0)]\n    (b): Parameter containing: [torch.float32 of size ]\n)",
    7,
    0,
  ],
  ["ParameterDict()", 0, 0],
  ["BufferDict(  (default): Buffer containing: [torch.FloatTensor of size 4x2])", 0, 8],
  // Arguments on a line of their own, before the children (LoRA, quantisation-aware training, parametrizations).
  [
    "Linear(\n  in_features=4, out_features=8, bias=True\n  (lora_A): ModuleDict(\n    (default): Linear(in_features=4, out_features=2, bias=False)\n  )\n)",
    LINEAR + 8,
    0,
  ],
  ["lora.Linear(\n  (base_layer): Linear(in_features=4, out_features=8, bias=True)\n  (lora_embedding_A): ParameterDict()\n)", LINEAR, 0],
  [
    "ConvBn2d(\n  3, 8, kernel_size=(3, 3), stride=(1, 1), bias=False\n  (bn): BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n  (weight_fake_quant): FakeQuantize(\n    fake_quant_enabled=tensor([1]), scale=tensor([1.,\n            2.]), quant_min=-128, quant_max=127\n    (activation_post_process): MovingAverageMinMaxObserver(min_val=inf, max_val=-inf)\n  )\n)",
    216 + 16,
    16,
  ],
  [
    "ParametrizedLinear(\n  in_features=4, out_features=8, bias=True\n  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n      (0): _SpectralNorm()\n    )\n  )\n)",
    LINEAR,
    4 + 8,
  ],
  [
    "ParametrizedLinear(\n  in_features=4, out_features=8, bias=True\n  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n      (0): _WeightNorm()\n    )\n  )\n)",
    LINEAR + 8,
    0,
  ],
  [
    "ParametrizedConvTranspose1d(\n  4, 8, kernel_size=(3,), stride=(1,)\n  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n      (0): _SpectralNorm()\n    )\n  )\n)",
    4 * 8 * 3 + 8,
    8 + 12,
  ],
  [
    "BatchNormAct2d(\n  8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True\n  (drop): Identity()\n  (act): ReLU(inplace=True)\n)",
    16,
    16,
  ],
  // Subclasses that print as their base does.
  ["LlamaRMSNorm((4096,), eps=1e-05)", 4096, 0],
  ["FusedLayerNorm(torch.Size([8]), eps=1e-05, elementwise_affine=True)", 16, 0],
  ["Linear4bit(in_features=4, out_features=8, bias=True)", LINEAR, 0],
  ["Linear8bitLt(in_features=4, out_features=8, bias=False)", 32, 0],
  ["LoRACompatibleConv(4, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))", 296, 0],
  ["ScaledStdConv2dSame(4, 8, kernel_size=(3, 3), stride=(2, 2))", 296, 0],
  ["FrozenBatchNormAct2d(\n  8, eps=1e-05\n  (act): ReLU()\n)", 0, 32],
  ["BartLearnedPositionalEmbedding(10, 3)", 30, 0],
  ["QuantizedConvReLU2d(3, 8, kernel_size=(3, 3), stride=(1, 1), scale=0.0111, zero_point=3)", 224, 0],
  ["QuantizedLinear(in_features=4, out_features=8, scale=0.0058, zero_point=62, qscheme=torch.per_channel_affine)", LINEAR, 0],
  ["DynamicQuantizedLinear(in_features=4, out_features=8, dtype=torch.qint8, qscheme=torch.per_tensor_affine)", LINEAR, 0],
  ["QuantizedEmbedding(num_embeddings=10, embedding_dim=3, dtype=torch.quint8, qscheme=torch.per_channel_affine_float_qparams)", 30, 0],
  ["DynamicQuantizedLSTM(4, 8)", LSTM, 0],
  // Figures of ptflops, DeepSpeed and calflops before the arguments.
  ["Linear(40, 0.200% Params, 32.0 Mac, 0.100% MACs, in_features=4, out_features=8, bias=True)", LINEAR, 0],
  [
    "BatchNorm2d(9.41 k, 0.08% Params, 0 MACs, 0.00% MACs, 9.2 us, 0.1% latency, 25.7 GFLOPS, 8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
    16,
    16,
  ],
  ["Conv2d(9.41 K = 0.08% Params, 118.01 MMACs = 6.5% MACs, 236 MFLOPS = 6.4% FLOPs, 3, 8, kernel_size=(3, 3), stride=(1, 1))", 224, 0],
];

const indented = (text: string) => text.replaceAll("\n", "\n  ");
const held = (className: string, ...children: readonly string[]) => `${className}(\n${children.map((child) => `  ${indented(child)}\n`).join("")})`;

/** Where a module may stand, and how often it stands there. */
const PLACES: readonly (readonly [string, number, (text: string) => string])[] = [
  ["alone", 1, (text) => text],
  ["in a Sequential", 1, (text) => held("Sequential", `(0): ${text}`)],
  ["in a ModuleList, first and last", 2, (text) => held("ModuleList", `(0): ${text}`, "(1): ReLU()", `(2): ${text}`)],
  ["repeated in a ModuleList", 3, (text) => held("Net", `(l): ${held("ModuleList", `(0-2): 3 x ${text}`)}`)],
  ["in a ModuleDict", 1, (text) => held("ModuleDict", `(a-b): ${text}`)],
  ["in a module of one's own, beside None", 1, (text) => held("Net", "(bn): None", `(layer): ${text}`)],
  [
    "nested",
    2,
    (text) => held("Net", `(a): ${held("Sequential", `(0): ${held("Block", `(l): ${held("ModuleList", `(0): ${text}`)}`)}`, `(1): ${text}`)}`),
  ],
  [
    "in blocks that repeat",
    6,
    (text) => held("Net", `(a): ${held("ModuleList", `(0-1): 2 x ${held("Block", `(l): ${held("ModuleList", `(0-2): 3 x ${text}`)}`)}`)}`),
  ],
  [
    "in modules to which ptflops has added its figures",
    1,
    (text) =>
      held(
        "Net",
        "1.2 k, 100.000% Params, 0.1 GMac, 100.000% MACs, ",
        `(l): ${held("Sequential", "0, 0.000% Params, 0.0 Mac, 0.000% MACs, ", `(0): ${text}`)}`,
      ),
  ],
  ["without indentation", 1, (text) => held("Net", `(layer): ${text}`).replaceAll(/\n +/g, "\n")],
];

describe.each(PLACES)("a printed module %s", (_, times, place) => {
  it.each(LAYERS)("%s", (text, params, buffers) => {
    const { totals } = analyze(readPrinted(place(text)));
    expect([totals.params, totals.buffers, totals.lowerBounds.includes("params")]).toEqual([BigInt(times * params), BigInt(times * buffers), false]);
  });
});

describe("parameters that are not known are said to be at least those that are", () => {
  it.each([
    ["Ein()", 0],
    ["MyModule(3, 8)", 0],
    ["LazyLinear(in_features=0, out_features=8, bias=True)", 0],
    ["LazyConv2d(0, 8, kernel_size=(3, 3), stride=(1, 1))", 0],
    ["LazyBatchNorm2d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)", 0],
    ["Linear(in_features=4, out_features=8, bias=True, rank=2)", LINEAR],
    ["CosineLinear(in_features=4, out_features=8)", 32],
    ["LayerNorm()", 0],
    ["Transformer()", 0],
    ["MultiheadAttention()", 0],
    ["_LearnableFakeQuantize(fake_quant_enabled=tensor([1]))", 0],
    ["MyBN(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)", 16],
    ["MyBlock(\n  rank=8, alpha=16\n  (linear): Linear(in_features=4, out_features=8, bias=True)\n)", LINEAR],
    [
      "ParametrizedLinear(\n  in_features=4, out_features=8, bias=True\n  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n      (0): Low(rank=2)\n    )\n  )\n)",
      LINEAR,
    ],
  ])("%s", (text, params) => {
    for (const whole of [text, held("Net", `(a): ${text}`), held("Sequential", `(0): ${text}`)]) {
      const { totals, partial } = analyze(readPrinted(whole));
      expect([totals.params, totals.lowerBounds.includes("params"), partial]).toEqual([BigInt(params), true, true]);
    }
  });
});
