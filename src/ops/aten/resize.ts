import { elements, type Shape } from "../../graph/shape.js";
import { resolveAxis } from "../primitive.js";
import { all, flag, whole, outputElements, outputOf, shapeOf, type AtenRule } from "./call.js";

/** t taps are blended by t products and t - 1 additions. */
const blend = (taps: bigint): bigint => (taps < 2n ? 0n : 2n * taps - 1n);

/** Taps an axis of each mode. */
const TAPS: Readonly<Record<string, number>> = { nearest: 1, linear: 2, bilinear: 2, trilinear: 2, bicubic: 4, lanczos: 6 };

/**
 * upsample_*: as nn.Upsample. With antialias (`_aa`) an output reads more taps the more the image shrinks: the filter's width times the scale (UpSampleKernel.cpp).
 */
const upsample: AtenRule = (call) => {
  const [, mode = "nearest", rank = "2"] = /(nearest_exact|nearest|bilinear|trilinear|bicubic|linear|lanczos)(\d)d/.exec(call.op) ?? [];
  const size = outputOf(call).slice(-Number(rank));
  const input = shapeOf(call, "input", "self").slice(-Number(rank));
  const each = TAPS[mode.replace("_exact", "")] ?? 1;
  const antialias = call.op.endsWith("_aa");
  const taps = size.map((length, axis) => (antialias ? Math.ceil(each * Math.max(1, (input[axis] ?? length) / Math.max(1, length))) : each));
  const alignCorners = flag(call, "align_corners");
  return {
    op: "upsample",
    operations: each === 1 ? {} : { interpolation: outputElements(call) * blend(elements(taps)) },
    attributes: { mode: mode.replace("_", "-"), size, ...(alignCorners ? { alignCorners } : {}), ...(antialias ? { antialias } : {}) },
    mixes: { channels: false, space: each > 1 },
  };
};

/** grid_sampler: two operations an axis put a point of [-1, 1] on the grid; each tap's weight is a product of one factor an axis. */
const gridSample: AtenRule = (call) => {
  const grid = shapeOf(call, "grid");
  const rank = Math.min(3, grid.at(-1) ?? 2);
  const mode = ["bilinear", "nearest", "bicubic"][whole(call, "interpolation_mode") ?? 0] ?? "bilinear";
  const taps = BigInt((TAPS[mode] ?? 1) ** rank);
  const points = elements(grid.slice(0, -1)) * (2n * BigInt(rank) + (taps > 1n ? taps * BigInt(rank) : 0n));
  return {
    op: "grid_sample",
    operations: { interpolation: points + outputElements(call) * blend(taps) },
    attributes: { mode },
    mixes: { channels: false, space: true },
  };
};

/** affine_grid: theta of [N, rank, rank + 1] times each point. */
const affineGrid: AtenRule = (call) => ({ op: "affine_grid", macs: outputElements(call) * BigInt(shapeOf(call, "theta").at(-1) ?? 3) });

/** Operations of one transform of length n: 5 n log2 n, the usual figure for a complex fast Fourier transform (fftw.org/speed/method.html). */
function fourier(length: number): bigint {
  return length < 2 ? 0n : BigInt(Math.ceil(5 * length * Math.log2(length)));
}

/** fft_*: a transform along each of some axes. */
const fft: AtenRule = (call) => {
  const [input, output] = [shapeOf(call, "self"), outputOf(call)];
  const written = call.args.get("dim");
  const given =
    written?.kind === "numbers" ? written.values : /(fft2)$/.test(call.op) ? [-2, -1] : /fftn$/.test(call.op) ? input.map((_, axis) => axis) : [-1];
  const axes = given.map((axis) => resolveAxis(call.op, axis, input.length));
  // Real input or output keeps half of one axis: the full length is the longer of both.
  const full: Shape = input.map((size, axis) => Math.max(size, output[axis] ?? size));
  const transforms = axes.reduce((sum, axis) => {
    const length = full[axis] ?? 1;
    return length === 0 ? sum : sum + (elements(full) / BigInt(length)) * fourier(length);
  }, 0n);
  return { op: "fft", operations: { transform: transforms }, mixes: { channels: false, space: true } };
};

const stft: AtenRule = (call) => {
  const length = whole(call, "n_fft", 1) ?? 1;
  const output = outputOf(call);
  const inverse = call.op === "istft";
  const [, frames = 1] = (inverse ? shapeOf(call, "self") : output).filter((_, axis, all_) => axis >= all_.length - 2);
  const batch = elements((inverse ? shapeOf(call, "self") : output).slice(0, -2));
  const count = batch * BigInt(frames);
  return {
    op: call.op,
    operations: { transform: count * fourier(length), elementwise: count * BigInt(length) },
    mixes: { channels: false, space: true },
  };
};

export const resizeRules: Readonly<Record<string, AtenRule>> = {
  ...all(
    `upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d upsample_linear1d
     upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d _upsample_bilinear2d_aa _upsample_bicubic2d_aa _upsample_lanczos2d_aa`,
    upsample,
  ),
  ...all("grid_sampler grid_sampler_2d grid_sampler_3d cudnn_grid_sampler", gridSample),
  ...all("affine_grid_generator cudnn_affine_grid_generator", affineGrid),
  ...all(
    `fft_fft fft_ifft fft_rfft fft_irfft fft_hfft fft_ihfft fft_fft2 fft_ifft2 fft_rfft2 fft_irfft2 fft_hfft2 fft_ihfft2 fft_fftn fft_ifftn fft_rfftn
     fft_irfftn fft_hfftn fft_ihfftn _fft_r2c _fft_c2r _fft_c2c`,
    fft,
  ),
  ...all("stft istft", stft),
};
