import fc from "fast-check";

// Random chains of layers in shorthand, of any input of 4 channels or more (a multiple of 4) and any size: paddings keep it alive.

const channels = fc.constantFrom(4, 8, 12);
const kernel = fc.constantFrom("1x1", "3x3", "2x2", "5x3");
const stride = fc.constantFrom("", " s2", " s1x2");
const bias = fc.constantFrom("", " bias");

const layer = fc.oneof(
  fc.tuple(kernel, channels, stride, bias).map(([window, out, step, with_]) => `conv ${window} ${out}${step}${with_}`),
  fc.tuple(kernel, channels).map(([window, out]) => `conv ${window} ${out} g4 d2`),
  fc.tuple(kernel, stride, bias).map(([window, step, with_]) => `dw ${window}${step}${with_}`),
  fc.tuple(channels, bias).map(([out, with_]) => `pw ${out}${with_}`),
  fc.tuple(kernel, channels, stride).map(([window, out, step]) => `sep ${window} ${out}${step}`),
  fc.tuple(kernel, channels, stride).map(([window, out, step]) => `tconv ${window} ${out}${step}`),
  fc.constantFrom("bn", "relu", "relu6", "silu", "gelu", "sigmoid", "dropout", "maxpool 2x2", "avgpool 3x3 s2"),
);

/** One to six layers for an image. */
export const layers = fc.array(layer, { minLength: 1, maxLength: 6 }).map((list) => list.join("; "));

/** One to six layers for a row of features. */
export const linearChain = fc
  .array(
    fc.oneof(
      fc.tuple(channels, bias).map(([out, with_]) => `linear ${out}${with_}`),
      fc.constantFrom("relu", "tanh", "dropout", "softmax"),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((list) => list.join("; "));
