import type { Cause } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import { all, allTensors, inputElements, isComplex, numbers, outputElements, shapeOf, type AtenCall, type AtenRule } from "./call.js";

const PLAIN = { channels: false, space: false };

/** So many operations for each element of the output. */
const each =
  (cause: Cause, perElement = 1n): AtenRule =>
  (call) => ({ op: call.op, operations: { [cause]: perElement * outputElements(call) }, mixes: PLAIN });

/** Arithmetic of which a complex number takes more: two additions; four products and two additions; a division by a real number's square besides. */
const arithmetic =
  (complex: bigint): AtenRule =>
  (call) => {
    const perElement = call.outputs.some(({ dtype }) => isComplex(dtype)) ? complex : 1n;
    return each("elementwise", perElement)(call);
  };

/** abs, angle and real products of complex numbers are counted by what they read. */
const magnitude: AtenRule = (call) => {
  const complex = allTensors(call).some(({ dtype }) => isComplex(dtype));
  return { op: call.op, operations: { elementwise: (complex ? 4n : 1n) * inputElements(call) }, mixes: PLAIN };
};

/** Comparison of all elements into one answer. */
const compared: AtenRule = (call) => ({ op: call.op, operations: { elementwise: inputElements(call), reduction: inputElements(call) } });

/** glu: half of an axis gates the other. */
const glu: AtenRule = (call) => {
  const outputs = outputElements(call);
  return { op: "glu", operations: { activation: outputs, elementwise: outputs }, mixes: { channels: true, space: false } };
};

/** A loss: so many operations for each value of its input, and a sum over them. */
const loss =
  (perElement: bigint): AtenRule =>
  (call: AtenCall) => {
    const inputs = elements(shapeOf(call, "self", "input", "x1", "input1", "anchor", "log_probs"));
    return { op: call.op, operations: { elementwise: perElement * inputs, reduction: inputs } };
  };

/** Every element times a scale, rounded, shifted and kept in range, or back: a product and a rounding or shift. */
const quantized: AtenRule = (call) => ({
  op: call.op.startsWith("dequantize") ? "dequantize" : call.op.startsWith("quantize") ? "quantize" : call.op,
  operations: { elementwise: (call.op.startsWith("fake") ? 4n : 2n) * outputElements(call) },
  mixes: PLAIN,
});

/** _trilinear: i1 · i2 · i3 over axes that each is expanded by, summed over `sumdim`. */
const trilinear: AtenRule = (call) => {
  const shapes = (["i1", "i2", "i3"] as const).map((name, index) => {
    const added = numbers(call, `expand${index + 1}`) ?? [];
    return added.reduce<readonly number[]>((shape, axis) => [...shape.slice(0, axis), 1, ...shape.slice(axis)], shapeOf(call, name));
  });
  const [first = []] = shapes;
  const whole = elements(first.map((_, axis) => Math.max(...shapes.map((shape) => shape[axis] ?? 1))));
  return { op: "bilinear", macs: whole, operations: { elementwise: whole }, mixes: { channels: true, space: false } };
};

/** The least and the largest value. */
const rangeOf: AtenRule = (call) => ({ op: call.op, operations: { reduction: 2n * elements(shapeOf(call, "input", "self")) } });

const ACTIVATIONS = `relu relu6 hardtanh silu gelu sigmoid hardswish hardsigmoid tanh leaky_relu elu selu celu mish softplus prelu _prelu_kernel clamp clip clamp_min
  clamp_max hardshrink softshrink threshold rrelu rrelu_with_noise rrelu_with_noise_functional log_sigmoid log_sigmoid_forward softsign tanhshrink special_expit`;

const ARITHMETIC = `add sub rsub subtract neg negative conj_physical __add__ __sub__ __iadd__ __isub__ __radd__ __rsub__`;
const PRODUCTS = `mul multiply square __mul__ __imul__ __rmul__`;
const DIVISIONS = `div divide true_divide reciprocal __div__ __idiv__`;

/** One operation an element, however a processor does it: functions, comparisons, logic, bits. */
const FUNCTIONS = `
  sgn sign positive exp exp2 expm1 log log2 log10 log1p sqrt rsqrt pow float_power floor ceil round trunc fix frac sin cos tan asin acos atan atan2 sinh cosh asinh acosh atanh arcsin arccos
  arctan arctan2 arcsinh arccosh arctanh erf erfc erfinv lgamma digamma polygamma mvlgamma igamma igammac i0 sinc logit rad2deg deg2rad ldexp frexp copysign nextafter
  hypot heaviside signbit maximum minimum fmax fmin remainder fmod floor_divide gcd lcm eq ne lt le gt ge less less_equal greater greater_equal not_equal
  logical_and logical_or logical_not logical_xor bitwise_and bitwise_or bitwise_not bitwise_xor bitwise_left_shift bitwise_right_shift __and__ __or__ __xor__ __iand__ __ior__ __ixor__
  __lshift__ __rshift__ __ilshift__ __irshift__ isnan isinf isposinf isneginf isfinite isreal nan_to_num where __floordiv__ __mod__ __pow__
  special_exp2 special_expm1 special_log1p special_erf special_erfc special_erfcx special_erfinv special_gammaln special_digamma special_psi special_polygamma special_i0 special_i0e special_i1
  special_i1e special_ndtr special_ndtri special_log_ndtr special_entr special_logit special_round special_sinc special_zeta special_bessel_j0 special_bessel_j1 special_gammainc
  special_gammaincc vander linalg_vander bucketize searchsorted modf special_airy_ai special_bessel_y0
  special_bessel_y1 special_modified_bessel_i0 special_modified_bessel_i1 special_modified_bessel_k0 special_modified_bessel_k1 special_scaled_modified_bessel_k0
  special_scaled_modified_bessel_k1 special_spherical_bessel_j0 special_multigammaln`;

export const elementwiseRules: Readonly<Record<string, AtenRule>> = {
  ...all(ACTIVATIONS, each("activation")),
  ...all(FUNCTIONS, each("elementwise")),
  ...all(ARITHMETIC, arithmetic(2n)),
  ...all(PRODUCTS, arithmetic(6n)),
  ...all(DIVISIONS, arithmetic(11n)),
  ...all("abs absolute angle", magnitude),
  ...all("xlogy special_xlogy special_xlog1py logaddexp logaddexp2 addcmul addcdiv isclose", each("elementwise", 2n)),
  lerp: each("elementwise", 3n),
  // A sum of two, and its rectification.
  _add_relu: each("elementwise", 2n),
  // Two products and a sum over what is not kept, as run_decompositions() writes a bilinear layer.
  _trilinear: trilinear,
  // r cos and r sin of an angle.
  polar: each("elementwise", 4n),
  glu,
  ...all("equal allclose", compared),
  mse_loss: loss(2n),
  ...all("l1_loss smooth_l1_loss huber_loss soft_margin_loss hinge_embedding_loss margin_ranking_loss", loss(3n)),
  ...all(
    "binary_cross_entropy binary_cross_entropy_with_logits kl_div poisson_nll_loss cosine_embedding_loss triplet_margin_loss multi_margin_loss",
    loss(5n),
  ),
  ...all("multilabel_margin_loss multilabel_margin_loss_forward", loss(3n)),
  ...all("nll_loss nll_loss2d nll_loss_nd nll_loss_forward nll_loss2d_forward", loss(0n)),
  cross_entropy_loss: loss(6n),
  ...all(
    `quantize_per_tensor quantize_per_channel quantize_per_token quantize_per_channel_group dequantize_per_tensor dequantize_per_channel dequantize_per_token
     dequantize_per_channel_group dequantize quantize_per_tensor_dynamic fake_quantize_per_tensor_affine fake_quantize_per_channel_affine fake_quantize_per_tensor
     fake_quantize_per_tensor_affine_cachemask fake_quantize_per_channel_affine_cachemask _fake_quantize_per_tensor_affine_cachemask_tensor_qparams fake_quant_per_channel
     _fake_quantize_learnable_per_tensor_affine _fake_quantize_learnable_per_channel_affine quantize_affine dequantize_affine fused_moving_avg_obs_fake_quant
     _fused_moving_avg_obs_fq_helper _fused_moving_avg_obs_fq_helper_functional`,
    quantized,
  ),
  ...all(
    "choose_qparams choose_qparams_symmetric choose_qparams_per_token choose_qparams_per_token_asymmetric choose_qparams_affine _choose_qparams_per_token_asymmetric_impl",
    rangeOf,
  ),
};
