import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readPrinted } from "../../src/read/torch/read.js";

const BLOCKS = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]] as const; // prettier-ignore

/** What print(torchvision.models.mobilenet_v2()) shows. */
function printed(): string {
  const norm = (channels: number) => `BatchNorm2d(${channels}, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)`;
  const conv = (from: number, to: number, size: number, stride: number, groups = 1) => {
    const more = `${size === 3 ? ", padding=(1, 1)" : ""}${groups > 1 ? `, groups=${groups}` : ""}`;
    return `Conv2d(${from}, ${to}, kernel_size=(${size}, ${size}), stride=(${stride}, ${stride})${more}, bias=False)`;
  };
  const activated = (name: string, text: string, channels: number) =>
    `(${name}): Conv2dNormActivation(\n(0): ${text}\n(1): ${norm(channels)}\n(2): ReLU6(inplace=True)\n)`;
  const features = [activated("0", conv(3, 32, 3, 2), 32)];
  let channels = 32;
  for (const [expand, out, repeats, first] of BLOCKS) {
    for (let index = 0; index < repeats; index++) {
      const wide = channels * expand;
      const steps = [
        ...(expand > 1 ? [activated("0", conv(channels, wide, 1, 1), wide)] : []),
        activated("1", conv(wide, wide, 3, index === 0 ? first : 1, wide), wide),
        `(2): ${conv(wide, out, 1, 1)}`,
        `(3): ${norm(out)}`,
      ];
      features.push(`(${features.length}): InvertedResidual(\n(conv): Sequential(\n${steps.join("\n")}\n)\n)`);
      channels = out;
    }
  }
  features.push(activated("18", conv(320, 1280, 1, 1), 1280));
  const classifier = "(classifier): Sequential(\n(0): Dropout(p=0.2, inplace=False)\n(1): Linear(in_features=1280, out_features=1000, bias=True)\n)";
  return `MobileNetV2(\n(features): Sequential(\n${features.join("\n")}\n)\n${classifier}\n)`;
}

describe("print(mobilenet_v2())", () => {
  it("has the parameters and running statistics that it has in every other format", () => {
    expect(analyze(readPrinted(printed())).totals).toMatchObject({ params: 3_504_872n, buffers: 34_112n });
  });
});
