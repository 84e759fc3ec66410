"""flax.linen, and what is used of jax, as far as shapes and numbers of parameters go, with the signatures that flax.readthedocs.io documents."""

import types
from math import prod

from tensor import Tensor, broadcast, pad, windows

PARAMS = []


def count(params):
    PARAMS.append(params)


class Module:
    def param(self, name, init, shape):
        assert isinstance(name, str) and callable(init) and name not in self.__dict__.setdefault("names", set())
        self.names.add(name)
        count(prod(shape))
        return Tensor(shape)


def sequence(value, rank):
    value = (value,) * rank if isinstance(value, int) else tuple(value)
    assert len(value) == rank
    return value


def pads(padding, rank):
    if isinstance(padding, int):
        return [(padding, padding)] * rank
    if isinstance(padding, str):
        assert padding in ("SAME", "VALID")
        return padding.lower()
    assert len(padding) == rank and all(len(pair) == 2 for pair in padding)
    return padding


class Conv:
    def __init__(self, features, kernel_size, strides=1, padding="SAME", input_dilation=1, kernel_dilation=1, feature_group_count=1, use_bias=True):
        self.__dict__.update(locals())
        assert isinstance(kernel_size, tuple)

    def __call__(self, x):
        rank = len(self.kernel_size)
        assert len(x.shape) == rank + 2, f"Conv of {rank} dimensions on {x.shape}"
        channels = x.shape[-1]
        assert channels % self.feature_group_count == 0 and self.features % self.feature_group_count == 0
        space = windows(x.shape[1:-1], self.kernel_size, sequence(self.strides, rank), sequence(self.kernel_dilation, rank), pads(self.padding, rank))
        count(prod(self.kernel_size) * channels // self.feature_group_count * self.features + (self.features if self.use_bias else 0))
        return Tensor((x.shape[0], *space, self.features))


class ConvTranspose:
    def __init__(self, features, kernel_size, strides=None, padding="SAME", kernel_dilation=None, use_bias=True):
        self.__dict__.update(locals())

    def __call__(self, x):
        rank = len(self.kernel_size)
        assert len(x.shape) == rank + 2
        stride, dilation, padding = sequence(self.strides or 1, rank), sequence(self.kernel_dilation or 1, rank), pads(self.padding, rank)
        space = []
        for axis, size in enumerate(x.shape[1:-1]):
            reach = dilation[axis] * (self.kernel_size[axis] - 1) + 1
            # jax.lax.conv_transpose: what SAME and VALID pad the spread input with.
            if padding == "same":
                total = reach + stride[axis] - 2
            elif padding == "valid":
                total = reach + stride[axis] - 2 + max(reach - stride[axis], 0)
            else:
                total = sum(padding[axis])
            space.append((size - 1) * stride[axis] + 1 + total - reach + 1)
        count(prod(self.kernel_size) * x.shape[-1] * self.features + (self.features if self.use_bias else 0))
        return Tensor((x.shape[0], *space, self.features))


class Dense:
    def __init__(self, features, use_bias=True):
        self.features, self.use_bias = features, use_bias

    def __call__(self, x):
        count(x.shape[-1] * self.features + (self.features if self.use_bias else 0))
        return Tensor((*x.shape[:-1], self.features))


class Embed:
    def __init__(self, num_embeddings, features):
        self.sizes = (num_embeddings, features)

    def __call__(self, x):
        count(prod(self.sizes))
        return Tensor((*x.shape, self.sizes[1]))


class BatchNorm:
    def __init__(self, use_running_average=None, axis=-1, momentum=0.99, epsilon=1e-5, dtype=None, param_dtype=None, use_bias=True, use_scale=True):
        assert isinstance(use_running_average, bool) and 0 <= momentum <= 1
        self.each = int(use_bias) + int(use_scale)

    def __call__(self, x):
        count(self.each * x.shape[-1])
        return Tensor(x.shape)


class LayerNorm:
    def __init__(self, epsilon=1e-6, dtype=None, param_dtype=None, use_bias=True, use_scale=True, bias_init=None, scale_init=None, reduction_axes=-1, feature_axes=-1):
        self.each, self.axes = int(use_bias) + int(use_scale), feature_axes if isinstance(feature_axes, tuple) else (feature_axes,)

    def __call__(self, x):
        count(self.each * prod(x.shape[axis] for axis in self.axes))
        return Tensor(x.shape)


class RMSNorm(LayerNorm):
    def __init__(self, epsilon=1e-6, dtype=None, param_dtype=None, use_scale=True, scale_init=None, reduction_axes=-1, feature_axes=-1):
        super().__init__(use_bias=False, use_scale=use_scale, feature_axes=feature_axes)


class GroupNorm:
    def __init__(self, num_groups=32, group_size=None, epsilon=1e-6, dtype=None, param_dtype=None, use_bias=True, use_scale=True):
        self.groups, self.each = num_groups, int(use_bias) + int(use_scale)

    def __call__(self, x):
        assert x.shape[-1] % self.groups == 0
        count(self.each * x.shape[-1])
        return Tensor(x.shape)


class PReLU:
    def __init__(self, param_dtype=None, negative_slope_init=0.01):
        pass

    def __call__(self, x):
        count(1)
        return Tensor(x.shape)


class Dropout:
    def __init__(self, rate, broadcast_dims=(), deterministic=None):
        assert isinstance(deterministic, bool)
        self.dims = broadcast_dims

    def __call__(self, x):
        assert all(dim < len(x.shape) for dim in self.dims)
        return Tensor(x.shape)


def dense_params(inputs, features, bias):
    return inputs * features + (features if bias else 0)


class OptimizedLSTMCell:
    def __init__(self, features, gate_fn=None, activation_fn=None):
        self.features = features

    def params(self, inputs):
        return 4 * (dense_params(inputs, self.features, False) + dense_params(self.features, self.features, True))


class SimpleCell(OptimizedLSTMCell):
    def params(self, inputs):
        return dense_params(inputs, self.features, True) + dense_params(self.features, self.features, False)


class GRUCell(OptimizedLSTMCell):
    def params(self, inputs):
        hidden = 2 * dense_params(self.features, self.features, False) + dense_params(self.features, self.features, True)
        return 3 * dense_params(inputs, self.features, True) + hidden


class RNN:
    def __init__(self, cell, time_major=False, return_carry=False, reverse=False, keep_order=False):
        self.cell = cell

    def __call__(self, x):
        assert len(x.shape) == 3
        count(self.cell.params(x.shape[-1]))
        return Tensor((*x.shape[:2], self.cell.features))


class Bidirectional:
    def __init__(self, forward_rnn, backward_rnn, merge_fn=None, time_major=False, return_carry=False):
        self.both = (forward_rnn, backward_rnn)

    def __call__(self, x):
        forward, backward = (rnn(x) for rnn in self.both)
        return Tensor((*forward.shape[:-1], forward.shape[-1] + backward.shape[-1]))


class MultiHeadDotProductAttention:
    def __init__(self, num_heads, dtype=None, param_dtype=None, qkv_features=None, out_features=None, broadcast_dropout=True, dropout_rate=0.0, deterministic=None, precision=None, kernel_init=None, bias_init=None, use_bias=True):
        self.__dict__.update(locals())
        assert dropout_rate == 0.0 or isinstance(deterministic, bool)

    def __call__(self, query, key):
        assert query.shape == key.shape
        embed = query.shape[-1]
        inner, out = self.qkv_features or embed, self.out_features or embed
        assert inner % self.num_heads == 0
        count(3 * dense_params(embed, inner, self.use_bias) + dense_params(inner, out, self.use_bias))
        return Tensor((*query.shape[:-1], out))


def pool(x, window_shape, strides, padding):
    rank = len(window_shape)
    # nn.Conv takes one number as its padding, a pool does not.
    assert len(x.shape) == rank + 2 and not isinstance(padding, int)
    return Tensor((x.shape[0], *windows(x.shape[1:-1], window_shape, strides or (1,) * rank, (1,) * rank, pads(padding, rank)), x.shape[-1]))


def max_pool(inputs, window_shape, strides=None, padding="VALID"):
    return pool(inputs, window_shape, strides, padding)


def avg_pool(inputs, window_shape, strides=None, padding="VALID", count_include_pad=True):
    return pool(inputs, window_shape, strides, padding)


def glu(x, axis=-1):
    shape = list(x.shape)
    assert shape[axis] % 2 == 0
    shape[axis] //= 2
    return Tensor(shape)


nn = types.ModuleType("flax.linen")
nn.Module, nn.compact, nn.glu = Module, lambda method: method, glu
for entry in (Conv, ConvTranspose, Dense, Embed, BatchNorm, LayerNorm, RMSNorm, GroupNorm, PReLU, Dropout, OptimizedLSTMCell, SimpleCell, GRUCell, RNN, Bidirectional, MultiHeadDotProductAttention, max_pool, avg_pool):
    setattr(nn, entry.__name__, entry)
for name in "relu relu6 selu silu sigmoid tanh hard_tanh hard_swish hard_sigmoid soft_sign log_sigmoid softplus".split():
    setattr(nn, name, lambda x: Tensor(x.shape))
nn.elu = nn.celu = lambda x, alpha=1.0: Tensor(x.shape)
nn.gelu = lambda x, approximate=True: Tensor(x.shape)
nn.leaky_relu = lambda x, negative_slope=0.01: Tensor(x.shape)
nn.softmax = nn.log_softmax = lambda x, axis=-1: Tensor(x.shape)
nn.initializers = types.SimpleNamespace(zeros_init=lambda: (lambda: None), ones_init=lambda: (lambda: None))


def concatenate(arrays, axis=0):
    shape = list(arrays[0].shape)
    shape[axis] = sum(array.shape[axis] for array in arrays)
    return Tensor(shape)


def repeat(a, repeats, axis=None):
    shape = list(a.shape)
    shape[axis] *= repeats
    return Tensor(shape)


def where(condition, x, y):
    return Tensor(broadcast(condition.shape, x.shape))


def jnp_pad(array, pad_width, mode="constant", **rest):
    assert mode in ("constant", "edge", "reflect", "symmetric", "wrap") and set(rest) <= {"constant_values"}
    return pad(array, pad_width)


def resize(image, shape, method, antialias=True):
    assert len(shape) == len(image.shape) and method in ("nearest", "linear", "cubic")
    return Tensor(shape)


unary = lambda x: Tensor(x.shape)
jnp = types.ModuleType("jax.numpy")
jnp.pad, jnp.concatenate, jnp.repeat, jnp.where = jnp_pad, concatenate, repeat, where
jnp.clip, jnp.maximum = lambda x, low, high: Tensor(x.shape), lambda x, y: Tensor(x.shape)
jnp.transpose = lambda a, axes=None: a.transpose(axes)
jnp.abs = jnp.sign = jnp.tanh = jnp.exp = unary
jax = types.ModuleType("jax")
jax.numpy, jax.nn, jax.image = jnp, types.SimpleNamespace(mish=unary, squareplus=unary), types.SimpleNamespace(resize=resize)
flax = types.ModuleType("flax")
flax.linen = nn
MODULES = {"flax": flax, "flax.linen": nn, "jax": jax, "jax.numpy": jnp}


def run(scope, name, shape):
    PARAMS.clear()
    output = scope[name]()(Tensor(shape))
    return sum(PARAMS), output.shape
