import { zooModel } from "../../src/zoo/zoo.js";

const SMALL = `name: small_net
parameters:
  alpha: 1.0
  classes: 10
  sizes: [8, 16]
input: [3, 32, 32]
functions:
  width(c): make_divisible(c * alpha, 8)
blocks:
  squeeze_excite(reduction=4):
    - multiply:
        - []
        - gap; conv 1x1 {in_channels // reduction} bias; relu; conv 1x1 {in_channels} bias; sigmoid
  inverted_residual(expand, out, stride=1):
    - residual:
        - pw {in_channels * expand}; bn; relu6
        - dw 3x3 s{stride}; bn; relu6
        - squeeze_excite()
        - pw {out}; bn
      when: stride == 1 and in_channels == out
variants:
  half: { alpha: 0.5 }
layers:
  - conv 3x3 {width(32)} s2; bn; relu6
  - nn.MaxPool2d(3, 2, padding=1)
  - for: [out, repeats]
    in: [[16, 1], [24, 2]]
    name: stage{out}
    layers:
      - repeat: repeats
        as: i
        layers: "inverted_residual(6, width(out), stride=2 if i == 0 else 1)"
  - tap: features
  - gap; flatten; linear {classes} bias
`;

const BRANCHES = `inputs:
  x: [1, 3, 16, 16]
  ids: { shape: [1, 12], dtype: int64 }
let:
  base: &base 8
  list: [f(i) for i in range(3)]
functions:
  f(n): 1 if n <= 1 else n * f(n - 1)
layers:
  - concat:
      - conv 3x3 {base}
      - [conv 1x1 4, relu]
    axis: 1
    split: [1, 2]
  - if: sum(list) > 3
    layers: bn
    else: relu
  - tap: joined
  - from: ids
    layers: embedding 100 16; lstm 8
  - from: joined
    layers: gap; flatten; linear 10
outputs: [joined]
`;

/** Network files: small ones mostly, some of the zoo, and one as JSON. */
export const NETWORKS: readonly string[] = [
  SMALL,
  SMALL,
  BRANCHES,
  BRANCHES,
  zooModel("ds_cnn").text,
  zooModel("mobilenet_v1").text,
  zooModel("shufflenet_v2").text,
];

export const NETWORK_JSON = JSON.stringify({
  name: "net",
  parameters: { alpha: 1, classes: 10 },
  input: [3, 32, 32],
  functions: { "width(c)": "make_divisible(c * alpha, 8)" },
  layers: [
    "conv 3x3 {width(32)} s2; bn",
    { residual: ["dw 3x3; bn"], when: "in_channels == shape[1]" },
    { repeat: 2, as: "i", layers: ["pw {16 + i}"] },
    "gap; flatten; linear {classes}",
  ],
});

export const EXPRESSIONS: readonly string[] = [
  "macs < 300M and params < 3M",
  "alpha * 2 ** 3 // 4 % 5 > 1 if params else not peak <= 256KiB",
  "sum([i * 2 for i in range(10)]) >= len('abc')",
  "min(macs, flops) / max(1, params) != round(2.5)",
];
