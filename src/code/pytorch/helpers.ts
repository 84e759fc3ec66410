/** Small classes that a module may need, in the order in which they are defined. */
export const HELPERS: readonly { readonly name: string; readonly imports: readonly string[]; readonly lines: readonly string[] }[] = [
  {
    name: "SamePad",
    imports: ["from torch.nn import functional as F"],
    lines: `class SamePad(nn.Module):
    """Pads as padding="same" does in TensorFlow: the output has ceil(size / stride) positions, the odd one is added after."""

    def __init__(self, kernel_size, stride, value=0.0):
        super().__init__()
        self.kernel_size, self.stride, self.value = kernel_size, stride, value

    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(x.shape[2:], self.kernel_size, self.stride):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads = [total // 2, total - total // 2] + pads
        return F.pad(x, pads, value=self.value)`.split("\n"),
  },
  {
    name: "SameAvgPool",
    imports: ["import torch"],
    lines: `class SameAvgPool(nn.Module):
    """Average pooling with padding="same" as TensorFlow has it: the padding does not count."""

    def __init__(self, pool):
        super().__init__()
        self.pool = pool
        self.pad = SamePad(pool.kernel_size, pool.stride)

    def forward(self, x):
        return self.pool(self.pad(x)) / self.pool(self.pad(torch.ones_like(x)))`.split("\n"),
  },
  {
    name: "ChannelNorm",
    imports: [],
    lines: `class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of images, which are the second axis."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)`.split("\n"),
  },
];
