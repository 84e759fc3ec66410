"""Keras 3 as far as shapes and numbers of weights go, with the signatures that keras.io/api/layers documents; channels last."""

import types
from math import prod

from tensor import Tensor, broadcast, pad, per_axis, windows

PARAMS = []
INPUT = None
ACTIVATIONS = set(
    "relu relu6 elu selu celu gelu silu mish sigmoid tanh hard_silu hard_sigmoid hard_tanh hard_shrink soft_shrink softplus softsign "
    "tanh_shrink leaky_relu log_sigmoid exponential squareplus sparse_plus sparse_sigmoid softmax linear".split()
)


def named(activation):
    assert activation is None or activation in ACTIVATIONS, f"no activation {activation}"


class Layer:
    """Adds its weights when it is called for the first time."""

    built = False

    def __call__(self, *inputs):
        output, params = self.call(*inputs)
        if not self.built:
            PARAMS.append(params)
        self.built = True
        return output


def layer(names, call):
    """A layer from its documented arguments (`filters, kernel_size, strides=1`) and what it does with them."""
    scope = {}
    arguments = ", ".join(part.split("=")[0].strip() + "=" + part.split("=")[0].strip() for part in names.split(",") if part.strip() not in ("", "*"))
    exec(f"def bind({names}):\n    return dict({arguments})", scope)

    class Made(Layer):
        def __init__(self, *args, **kwargs):
            self.settings = types.SimpleNamespace(**scope["bind"](*args, **kwargs))

        def call(self, *inputs):
            return call(self.settings, *inputs)

    return Made


def conv(rank, depthwise=False, separable=False):
    def call(s, x):
        assert len(x.shape) == rank + 2, f"Conv{rank}D on {x.shape}"
        named(s.activation)
        kernel, stride, dilation = (per_axis(v, rank) for v in (s.kernel_size, s.strides, s.dilation_rate))
        assert max(stride) == 1 or max(dilation) == 1, "strides > 1 not supported in conjunction with dilation_rate > 1"
        assert not (depthwise or separable) or len(set(stride)) == 1
        channels, padding = x.shape[-1], s.padding
        if padding == "causal":
            assert rank == 1 and not (depthwise or separable)
            padding = [((kernel[0] - 1) * dilation[0], 0)]
        else:
            assert padding in ("same", "valid")
        space = windows(x.shape[1:-1], kernel, stride, dilation, padding)
        taps = prod(kernel)
        if depthwise:
            out = channels * s.depth_multiplier
            weights = taps * out
        elif separable:
            out = s.filters
            weights = taps * channels * s.depth_multiplier + channels * s.depth_multiplier * out
        else:
            assert channels % s.groups == 0 and s.filters % s.groups == 0
            out = s.filters
            weights = taps * channels // s.groups * out
        return Tensor((x.shape[0], *space, out)), weights + (out if s.use_bias else 0)

    return call


def conv_transpose(rank):
    def call(s, x):
        assert len(x.shape) == rank + 2 and s.padding in ("same", "valid") and s.output_padding is None
        named(s.activation)
        kernel, stride, dilation = (per_axis(v, rank) for v in (s.kernel_size, s.strides, s.dilation_rate))
        assert max(stride) == 1 or max(dilation) == 1
        reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
        space = [n * t + (max(r - t, 0) if s.padding == "valid" else 0) for n, t, r in zip(x.shape[1:-1], stride, reach)]
        return Tensor((x.shape[0], *space, s.filters)), prod(kernel) * x.shape[-1] * s.filters + (s.filters if s.use_bias else 0)

    return call


def pool(rank):
    def call(s, x):
        assert len(x.shape) == rank + 2 and s.padding in ("same", "valid")
        size = per_axis(s.pool_size, rank)
        stride = size if s.strides is None else per_axis(s.strides, rank)
        return Tensor((x.shape[0], *windows(x.shape[1:-1], size, stride, (1,) * rank, s.padding), x.shape[-1])), 0

    return call


def global_pool(rank):
    def call(s, x):
        assert len(x.shape) == rank + 2
        return Tensor((x.shape[0], *((1,) * rank if s.keepdims else ()), x.shape[-1])), 0

    return call


def pairs(value, rank):
    if isinstance(value, int):
        return [(value, value)] * rank
    if rank == 1:
        return [tuple(value)]
    return [(entry, entry) if isinstance(entry, int) else tuple(entry) for entry in value]


def zero_padding(rank):
    def call(s, x):
        assert len(x.shape) == rank + 2
        return pad(x, [(0, 0), *pairs(s.padding, rank), (0, 0)]), 0

    return call


def cropping(rank):
    def call(s, x):
        sizes = [size - sum(cut) for size, cut in zip(x.shape[1:-1], pairs(s.cropping, rank))]
        assert len(sizes) == rank and min(sizes) >= 1 and all(min(cut) >= 0 for cut in pairs(s.cropping, rank))
        return Tensor((x.shape[0], *sizes, x.shape[-1])), 0

    return call


def upsampling(rank):
    def call(s, x):
        assert len(x.shape) == rank + 2
        assert getattr(s, "interpolation", "nearest") in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        return Tensor((x.shape[0], *(n * f for n, f in zip(x.shape[1:-1], per_axis(s.size, rank))), x.shape[-1])), 0

    return call


def norm(s, x):
    axes = s.axis if isinstance(s.axis, (list, tuple)) else [s.axis]
    assert all(axis % len(x.shape) > 0 for axis in axes)
    return Tensor(x.shape), prod(x.shape[axis] for axis in axes) * (int(getattr(s, "scale", True)) + int(getattr(s, "center", False)))


def group_norm(s, x):
    assert x.shape[-1] % s.groups == 0
    return norm(s, x)


def same(s, x):
    return Tensor(x.shape), 0


def dense(s, x):
    named(s.activation)
    return Tensor((*x.shape[:-1], s.units)), x.shape[-1] * s.units + (s.units if s.use_bias else 0)


def activation(s, x):
    named(s.activation)
    return Tensor(x.shape), 0


def prelu(s, x):
    shared = s.shared_axes or []
    return Tensor(x.shape), prod(1 if axis in shared else size for axis, size in enumerate(x.shape) if axis > 0)


def flatten(s, x):
    return Tensor((x.shape[0], prod(x.shape[1:]))), 0


def reshape(s, x):
    return x.reshape(x.shape[0], *s.target_shape), 0


def permute(s, x):
    return x.transpose((0, *s.dims)), 0


def repeat_vector(s, x):
    assert len(x.shape) == 2
    return Tensor((x.shape[0], s.n, x.shape[1])), 0


def embedding(s, x):
    return Tensor((*x.shape, s.output_dim)), s.input_dim * s.output_dim


def recurrent(gates):
    def call(s, x):
        assert len(x.shape) == 3
        named(s.activation)
        biases = (2 if getattr(s, "reset_after", False) else 1) if s.use_bias else 0
        weights = gates * s.units * (x.shape[2] + s.units + biases)
        return Tensor((*x.shape[:2], s.units) if s.return_sequences else (x.shape[0], s.units)), weights

    return call


def bidirectional(s, x):
    assert s.merge_mode == "concat"
    forward, params = s.layer.call(x)
    return Tensor((*forward.shape[:-1], 2 * forward.shape[-1])), 2 * params


def time_distributed(s, x):
    out, params = s.layer.call(Tensor((x.shape[0] * x.shape[1], *x.shape[2:])))
    return Tensor((x.shape[0], x.shape[1], *out.shape[1:])), params


def attention(s, query, value):
    assert query.shape == value.shape
    embed, out, width = query.shape[-1], s.output_shape or query.shape[-1], s.value_dim or s.key_dim
    bias = int(s.use_bias)
    params = s.num_heads * (2 * s.key_dim + width) * (embed + bias) + s.num_heads * width * out + bias * out
    return Tensor((*query.shape[:-1], out)), params


def grouped_attention(s, query, value):
    embed, bias = query.shape[-1], int(s.use_bias)
    params = (s.num_query_heads + 2 * s.num_key_value_heads) * s.head_dim * (embed + bias) + s.num_query_heads * s.head_dim * embed + bias * embed
    return Tensor(query.shape), params


def add(s, inputs):
    first, second = inputs
    assert first.shape == second.shape
    return Tensor(first.shape), 0


layers = types.ModuleType("keras.layers")
CONV = "filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, groups=1, activation=None, use_bias=True, *"
AFFINE = "epsilon=0.001, center=True, scale=True"
CELL = "units, activation='tanh', {}use_bias=True, *, {}dropout=0.0, recurrent_dropout=0.0, return_sequences=False"
for rank in (1, 2, 3):
    made = {
        f"Conv{rank}D": (CONV[:-3], conv(rank)),
        f"Conv{rank}DTranspose": ("filters, kernel_size, strides=1, padding='valid', output_padding=None, data_format=None, dilation_rate=1, activation=None, use_bias=True", conv_transpose(rank)),
        f"MaxPooling{rank}D": ("pool_size=2, strides=None, padding='valid', data_format=None", pool(rank)),
        f"AveragePooling{rank}D": ("pool_size, strides=None, padding='valid', data_format=None", pool(rank)),
        f"GlobalMaxPooling{rank}D": ("data_format=None, keepdims=False", global_pool(rank)),
        f"GlobalAveragePooling{rank}D": ("data_format=None, keepdims=False", global_pool(rank)),
        f"ZeroPadding{rank}D": ("padding=1, data_format=None", zero_padding(rank)),
        f"Cropping{rank}D": ("cropping, data_format=None", cropping(rank)),
        f"UpSampling{rank}D": ("size=2, data_format=None, interpolation='nearest'" if rank == 2 else "size=2", upsampling(rank)),
        f"SpatialDropout{rank}D": ("rate, data_format=None, seed=None" if rank > 1 else "rate, seed=None", same),
    }
    if rank < 3:
        made[f"DepthwiseConv{rank}D"] = ("kernel_size, strides=1, padding='valid', depth_multiplier=1, data_format=None, dilation_rate=1, activation=None, use_bias=True", conv(rank, depthwise=True))
        made[f"SeparableConv{rank}D"] = ("filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, depth_multiplier=1, activation=None, use_bias=True", conv(rank, separable=True))
    for name, (signature, call) in made.items():
        setattr(layers, name, layer(signature, call))

for name, signature, call in [
    ("BatchNormalization", f"axis=-1, momentum=0.99, {AFFINE}", norm),
    ("LayerNormalization", f"axis=-1, {AFFINE}", norm),
    ("GroupNormalization", f"groups=32, axis=-1, {AFFINE}", group_norm),
    ("RMSNormalization", "axis=-1, epsilon=1e-6", norm),
    ("Dense", "units, activation=None, use_bias=True", dense),
    ("Embedding", "input_dim, output_dim, embeddings_initializer='uniform', embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False", embedding),
    ("Activation", "activation", activation),
    ("ReLU", "max_value=None, negative_slope=0.0, threshold=0.0", same),
    ("LeakyReLU", "negative_slope=0.3", same),
    ("ELU", "alpha=1.0", same),
    ("PReLU", "alpha_initializer='Zeros', alpha_regularizer=None, alpha_constraint=None, shared_axes=None", prelu),
    ("Softmax", "axis=-1", same),
    ("Identity", "", same),
    ("Dropout", "rate, noise_shape=None, seed=None", same),
    ("AlphaDropout", "rate, noise_shape=None, seed=None", same),
    ("GaussianDropout", "rate, seed=None", same),
    ("GaussianNoise", "stddev, seed=None", same),
    ("Flatten", "data_format=None", flatten),
    ("Reshape", "target_shape", reshape),
    ("Permute", "dims", permute),
    ("RepeatVector", "n", repeat_vector),
    ("SimpleRNN", CELL.format("", ""), recurrent(1)),
    ("GRU", CELL.format("recurrent_activation='sigmoid', ", "reset_after=True, "), recurrent(3)),
    ("LSTM", CELL.format("recurrent_activation='sigmoid', ", ""), recurrent(4)),
    ("Bidirectional", "layer, merge_mode='concat', weights=None, backward_layer=None", bidirectional),
    ("TimeDistributed", "layer", time_distributed),
    ("MultiHeadAttention", "num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None", attention),
    ("GroupQueryAttention", "head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True", grouped_attention),
    ("Add", "", add),
]:
    setattr(layers, name, layer(signature, call))


def Input(shape, dtype=None):
    assert len(shape) == len(INPUT) - 1 and all(size in (None, known) for size, known in zip(shape, INPUT[1:])), f"{shape} for {INPUT}"
    return Tensor(INPUT)


class Sequential:
    def __init__(self, layers):
        x, *rest = layers
        for entry in rest:
            x = entry(x)
        self.output = x


class Model:
    def __init__(self, inputs, outputs):
        self.output = outputs


def ops_pad(x, pad_width, mode="constant", constant_values=None):
    assert mode in ("constant", "reflect", "symmetric") and (mode == "constant" or constant_values is None)
    return pad(x, pad_width)


def function(names):
    return lambda *args, **kwargs: layer(f"x, {names}", lambda s, x: (Tensor(x.shape), 0))(*args, **kwargs).settings.x


def glu(x, axis=-1):
    shape = list(x.shape)
    assert shape[axis] % 2 == 0
    shape[axis] //= 2
    return Tensor(shape)


keras = types.ModuleType("keras")
keras.layers, keras.Input, keras.Sequential, keras.Model = layers, Input, Sequential, Model
keras.ops = types.SimpleNamespace(pad=ops_pad, sum=lambda x, axis=None, keepdims=False: x.sum(axis, keepdims))
keras.activations = types.SimpleNamespace(
    celu=function("alpha=1.0"),
    hard_shrink=function("threshold=0.5"),
    soft_shrink=function("threshold=0.5"),
    threshold=function("threshold, default_value"),
    gelu=function("approximate=False"),
    log_softmax=function("axis=-1"),
    glu=glu,
)
MODULES = {"keras": keras, "keras.layers": layers}


def run(scope, name, shape):
    global INPUT
    INPUT = tuple(shape)
    PARAMS.clear()
    output = scope[name]().output
    return sum(PARAMS), output.shape
