"""A tensor that is only its shape: what array methods and operators make of shapes, by NumPy's documented rules."""

from math import prod


def broadcast(left, right):
    rank = max(len(left), len(right))
    left, right = (1,) * (rank - len(left)) + tuple(left), (1,) * (rank - len(right)) + tuple(right)
    assert all(a == b or 1 in (a, b) for a, b in zip(left, right)), f"{left} and {right} do not broadcast"
    return tuple(b if a == 1 else a for a, b in zip(left, right))


class Tensor:
    def __init__(self, shape):
        assert all(isinstance(size, int) and size >= 0 for size in shape), f"no shape: {shape}"
        self.shape = tuple(shape)

    def _join(self, other):
        return Tensor(broadcast(self.shape, other.shape if isinstance(other, Tensor) else ()))

    __add__ = __radd__ = __sub__ = __mul__ = __rmul__ = __truediv__ = __gt__ = _join

    def __neg__(self):
        return Tensor(self.shape)

    def __getitem__(self, index):
        index = index if isinstance(index, tuple) else (index,)
        sizes, shape = list(self.shape), []
        for entry in index:
            if entry is None:
                shape.append(1)
                continue
            size = sizes.pop(0)
            if isinstance(entry, slice):
                shape.append(len(range(*entry.indices(size))))
            else:
                assert -size <= entry < size
        return Tensor(shape + sizes)

    def reshape(self, *sizes):
        sizes = list(sizes[0]) if isinstance(sizes[0], tuple) else list(sizes)
        if -1 in sizes:
            rest = prod(size for size in sizes if size != -1)
            sizes[sizes.index(-1)] = prod(self.shape) // rest
        assert prod(sizes) == prod(self.shape), f"{self.shape} is not {sizes}"
        return Tensor(sizes)

    def transpose(self, *axes):
        axes = axes[0] if isinstance(axes[0], tuple) else axes
        assert sorted(axes) == list(range(len(self.shape)))
        return Tensor([self.shape[axis] for axis in axes])

    def swapaxes(self, first, second):
        shape = list(self.shape)
        shape[first], shape[second] = shape[second], shape[first]
        return Tensor(shape)

    def mean(self, axis, keepdims=False):
        axes = {a % len(self.shape) for a in (axis if isinstance(axis, tuple) else (axis,))}
        if keepdims:
            return Tensor([1 if i in axes else size for i, size in enumerate(self.shape)])
        return Tensor([size for i, size in enumerate(self.shape) if i not in axes])

    max = sum = mean


def pad(x, pads):
    assert len(pads) == len(x.shape) and all(before >= 0 and after >= 0 for before, after in pads)
    return Tensor([size + before + after for size, (before, after) in zip(x.shape, pads)])


def per_axis(value, rank):
    value = (value,) * rank if isinstance(value, int) else tuple(value)
    assert len(value) == rank and all(isinstance(size, int) and size >= 1 for size in value), f"{value} for {rank} axes"
    return value


def windows(space, kernel, stride, dilation, padding):
    """Output sizes of a window: the documented formulas for SAME and VALID, or pairs."""
    out = []
    for axis, size in enumerate(space):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        if padding == "same":
            out.append(-(-size // stride[axis]))
            continue
        before, after = (0, 0) if padding == "valid" else padding[axis]
        out.append((size + before + after - reach) // stride[axis] + 1)
    assert all(size >= 1 for size in out), f"a window of {kernel} on {space}"
    return tuple(out)
