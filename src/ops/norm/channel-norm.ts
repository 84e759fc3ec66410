import { fail } from "../../graph/diagnostic.js";
import type { Attributes, Primitive, Stored } from "../../graph/layer.js";
import { elements, formatShape, mergedSize, type Shape } from "../../graph/shape.js";
import { firstInput, given, inference, NOTHING, requireRank, resolveAxis } from "../primitive.js";
import { affineTensors, MEASURED } from "./layer-norm.js";

export interface ChannelNormOptions {
  readonly op: "batch_norm" | "instance_norm" | "group_norm";
  /** The axes of the channels as the source counts them, -1 the last; absent: the second, as in N, C, then space. */
  readonly axis?: readonly number[] | undefined;
  /** Absent: the channels of the input. */
  readonly numFeatures?: number | undefined;
  readonly scale: boolean;
  readonly shift: boolean;
  /** Scale and shift are buffers, not trained. */
  readonly frozen?: boolean | undefined;
  /** Running mean and variance, used at inference in place of the input's own. */
  readonly running: boolean;
  /** Three more statistics of batch renormalization (arXiv 1702.03275; Keras, renorm=True). */
  readonly renorm?: boolean | undefined;
  /** Ranks that the framework takes, batch included. Without them the layer takes any rank from 2. */
  readonly ranks?: readonly number[] | undefined;
  /** Absent, or -1 for a group a channel (Keras). */
  readonly numGroups?: number | undefined;
  /** Added to the variance; absent: the framework's default. */
  readonly eps?: number | undefined;
  /** Weight of the new batch in the running statistics, as PyTorch has it (Keras's is 1 less this); null: their plain average. */
  readonly momentum?: number | null | undefined;
}

/**
 * A norm with a scale and a shift for each channel: batch, instance and group normalisation (PyTorch, nn.BatchNorm2d, nn.InstanceNorm2d,
 * nn.GroupNorm). With running statistics 2 operations an element, as at inference; measured from the input 5, and one each for scale
 * and shift. num_batches_tracked, a counter, is no buffer here. Throws `channel-mismatch`, `groups-do-not-divide`, `wrong-rank`.
 */
export function channelNorm(options: ChannelNormOptions): Primitive {
  const { op, numFeatures } = options;
  checkGroups(op, numFeatures, options.numGroups);
  const role = options.frozen === true ? "buffer" : "parameter";
  const stored = (channels: number) => [...affineTensors([channels], options.scale, options.shift, role), ...runningTensors(channels, options)];
  return {
    type: "primitive",
    op,
    stores: numFeatures === undefined ? undefined : stored(numFeatures),
    axes: options.axis === undefined ? "nchw" : "any",
    ranks: options.ranks,
    inChannels: numFeatures,
    infer(inputs) {
      const input = firstInput(inputs);
      if (options.ranks !== undefined) requireRank(op, input, options.ranks, "N, C, then space");
      else if (input.length < 2) requireRank(op, input, [2, 3, 4, 5], "N, C, then space");
      const channels = sizesOf(op, input, options.axis ?? [1]);
      const numGroups = options.numGroups === -1 ? channels : options.numGroups;
      if (numFeatures !== undefined && channels !== numFeatures) {
        fail("channel-mismatch", `${op} has ${numFeatures} channels, but its input ${formatShape(input)} has ${channels}`, {
          expected: `an input of ${numFeatures} channels`,
        });
      }
      checkGroups(op, channels, numGroups);
      return inference([{ shape: input }], {
        stored: stored(channels),
        operations: { normalization: elements(input) * perElement(options) },
        attributes: {
          numFeatures: channels,
          ...given({
            axis: options.axis?.length === 1 ? options.axis[0] : options.axis,
            numGroups,
            affine: options.scale || options.shift,
            eps: options.eps,
            momentum: options.momentum,
          }),
        },
        mixes: { channels: numGroups !== undefined && numGroups < channels, space: !options.running },
      });
    },
  };
}

/** Elements along some axes: Keras 2 has several for a batch norm. */
function sizesOf(op: string, input: Shape, axes: readonly number[]): number {
  const kept = new Set(axes.map((axis) => resolveAxis(op, axis, input.length)));
  return mergedSize(input.filter((_, index) => kept.has(index)));
}

function checkGroups(op: string, channels: number | undefined, groups: number | undefined): void {
  if (channels === undefined || groups === undefined || groups === -1 || channels % groups === 0) return;
  fail("groups-do-not-divide", `${op} cannot divide ${channels} channels into ${groups} groups`, { expected: `channels a multiple of ${groups}` });
}

function runningTensors(channels: number, { running, renorm }: ChannelNormOptions): readonly Stored[] {
  if (!running) return [];
  const renormed = renorm === true ? ["moving_stddev", "renorm_mean", "renorm_stddev"] : [];
  return ["running_mean", "running_var", ...renormed].map((name) => ({ name, role: "buffer", shape: [channels] }));
}

function perElement({ running, scale, shift }: ChannelNormOptions): bigint {
  if (running) return 2n;
  return MEASURED + (scale ? 1n : 0n) + (shift ? 1n : 0n);
}

/** Response normalisation over neighbouring channels (PyTorch, nn.LocalResponseNorm): `size` squares and sums, then scale, shift, power, divide. */
export function localResponseNorm(size: number, settings: Attributes = {}): Primitive {
  return {
    type: "primitive",
    op: "local_response_norm",
    stores: NOTHING,
    axes: "nchw",
    infer(inputs) {
      const input = firstInput(inputs);
      if (input.length < 3) requireRank("local_response_norm", input, [3, 4, 5], "N, C, then space");
      const operations = { normalization: elements(input) * (BigInt(size) + 5n) };
      return inference([{ shape: input }], { operations, attributes: { size, ...settings }, mixes: { channels: true, space: false } });
    },
  };
}
