"""Writes values.json, in the folder it is run in: what numpy 1.24 and PyTorch 1.13 (bfloat16) make of small lists, type by type."""

import json
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
np.seterr(all="ignore")

WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
REAL = ["float16", "float32", "float64"]
rng = np.random.default_rng(20)
cases = []


def text(array):
    """Whole numbers in full, floats as the shortest decimal of their float64, truth as 0 and 1."""
    if array.dtype.kind == "f":
        return [repr(float(v)).replace("inf", "Infinity").replace("nan", "NaN") for v in array.astype("float64").ravel()]
    return [str(int(v)) for v in array.ravel()]


def add(op, inputs, result, **more):
    cases.append({"op": op, "inputs": [{"dtype": str(i.dtype), "list": text(i)} for i in inputs], "dtype": str(result.dtype), "list": text(result), **more})


def samples(dtype):
    if dtype in WHOLE:
        info = np.iinfo(dtype)
        a = np.array([info.min, info.max, 7, 0, 1, 100, info.max // 3], dtype=dtype)
        b = np.array([1, 3, 2, 5, info.max, 7, 11], dtype=dtype)
        if info.min < 0:
            a[3], b[5] = -7, -3
        return a, b
    a = np.array([7, 22.5, -3.5, 0.1, 1e4, 2.5, -0.3]).astype(dtype)
    b = np.array([2, 0.7, 3, 3, 0.7, -1.5, 0.1]).astype(dtype)
    return a, b


def truncated(a, b):
    q = [abs(int(x)) // abs(int(y)) * (1 if (int(x) < 0) == (int(y) < 0) else -1) for x, y in zip(a, b)]
    return np.array(q, dtype=object).astype(a.dtype)


for dtype in WHOLE + REAL:
    a, b = samples(dtype)
    add("add", [a, b], a + b)
    add("subtract", [a, b], a - b)
    add("multiply", [a, b], a * b)
    add("maximum", [a, b], np.maximum(a, b))
    add("minimum", [a, b], np.minimum(a, b))
    add("floorModulo", [a, b], np.mod(a, b))
    add("truncatedModulo", [a, b], np.fmod(a, b))
    add("floorDivide", [a, b], np.floor_divide(a, b) if dtype in WHOLE else np.floor(a / b).astype(dtype))
    add("squaredDifference", [a, b], ((a - b) * (a - b)).astype(dtype))
    add("divide", [a, b], truncated(a, b) if dtype in WHOLE else a / b)
    for name, f in [("equal", np.equal), ("less", np.less), ("greaterOrEqual", np.greater_equal), ("notEqual", np.not_equal)]:
        add(name, [a, b], f(a, b))
    add("where", [a > b, a, b], np.where(a > b, a, b))
    if not dtype.startswith("u"):
        add("negate", [a], -a)
        add("magnitude", [a], np.abs(a))
        add("sign", [a], np.sign(a))
    if dtype in WHOLE:
        add("bitwiseAnd", [a, b], a & b)
        add("bitwiseOr", [a, b], a | b)
        add("bitwiseXor", [a, b], a ^ b)
        add("bitwiseNot", [a], ~a)
        shifts = np.array([0, 1, 2, 3, 4, 5, 6], dtype=dtype)
        add("shiftLeft", [a, shifts], np.left_shift(a, shifts))
        add("shiftRight", [a, shifts], np.right_shift(a, shifts))
    else:
        add("floor", [a], np.floor(a))
        add("ceil", [a], np.ceil(a))
        halves = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6]).astype(dtype)
        add("round", [halves], np.rint(halves))
        add("squareRoot", [np.abs(a)], np.sqrt(np.abs(a)))
        add("reciprocal", [b], (1 / b).astype(dtype))
    for to in WHOLE + REAL + ["bool"]:
        source = a
        if dtype in REAL and to in WHOLE:
            # What no whole number of the type is has no result that all agree on.
            source = np.array([7, 22.5, 3.5, 0.1, 100, 2.5, 0]).astype(dtype)
        if dtype == "float64" and to == "float16":
            source = a.astype("float32").astype("float64")
        if dtype in ("int64", "uint64", "int32", "uint32") and to == "float16":
            source = np.array([0, 1, 2047, 2049, 2051, 65504, 12345], dtype=dtype)
        add("cast", [source], source.astype(to), to=to)

wide = np.array([2**53 + 1, 2**53 + 3, 2**62 + 1, 2**24 + 1, 2**24 + 3, (1 << 54) + (1 << 30) + 1, -(2**53) - 1], dtype="int64")
for to in ["float64", "float32"]:
    add("cast", [wide], wide.astype(to), to=to)

a, b = (torch.tensor(v, dtype=torch.bfloat16) for v in ([7, 22.5, -3.5, 0.1, 1e4, 257, 1e38], [2, 0.7, 3, 3, 0.7, 1, 10]))
for name, r in [("add", a + b), ("multiply", a * b), ("divide", a / b), ("subtract", a - b)]:
    cases.append(
        {
            "op": name,
            "inputs": [{"dtype": "bfloat16", "list": text(v.float().numpy())} for v in (a, b)],
            "dtype": "bfloat16",
            "list": text(r.float().numpy()),
        }
    )
f = torch.tensor([0.1, 257, 258.9, 1e-40, 3.3895314e38, 3.4e38, -1.7], dtype=torch.float32)
cases.append({"op": "cast", "to": "bfloat16", "inputs": [{"dtype": "float32", "list": text(f.numpy())}], "dtype": "bfloat16", "list": text(f.bfloat16().float().numpy())})

with open("values.json", "w") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")
