"""Checks the values of padding="same" as TensorFlow defines it, on sequences of every length from 1 to 12.

A JSON list of {code, name, kind, kernel, stride, dilation} on standard input: layers without bias and with one channel, written without an input.
Window i starts at i * stride - before, with ceil(n / stride) windows and before = total // 2 (tf.nn.convolution). A transposed convolution is
the adjoint of the convolution with its weights: <conv(x), z> = <x, transposed(z)>.
"""

import json
import sys

import torch

torch.manual_seed(0)


def windows(n, case):
    kernel, stride, dilation = case["kernel"], case["stride"], case["dilation"]
    count = -(-n // stride)
    total = max((count - 1) * stride + dilation * (kernel - 1) + 1 - n, 0)
    for i in range(count):
        start = i * stride - total // 2
        yield [(tap, start + tap * dilation) for tap in range(kernel) if 0 <= start + tap * dilation < n]


def expected(x, case, weight):
    values = x.flatten()
    if case["kind"] == "max":
        return torch.stack([max((values[at] for _, at in window), default=torch.tensor(float("-inf"))) for window in windows(len(values), case)])
    if case["kind"] == "avg":
        return torch.stack([sum(values[at] for _, at in window) / len(window) for window in windows(len(values), case)])
    return torch.stack([sum((weight[tap] * values[at] for tap, at in window), torch.tensor(0.0)) for window in windows(len(values), case)])


def wrong(case):
    scope = {"__name__": "generated"}
    exec(case["code"], scope)
    module = scope[case["name"]]()
    weights = list(module.parameters())
    weight = weights[0].detach().flatten() if weights else None
    lengths = []
    for n in range(1, 13):
        with torch.no_grad():
            if case["kind"] == "transposed":
                z, x = torch.randn(1, 1, n), torch.randn(1, 1, n * case["stride"])
                left, right = (expected(x, case, weight) * z.flatten()).sum(), (module(z) * x).sum()
                fits = torch.allclose(left, right, atol=1e-5)
            else:
                x = torch.randn(1, 1, n) - 5
                output = module(x).flatten()
                fits = output.shape == (-(-n // case["stride"]),) and torch.allclose(output, expected(x, case, weight), atol=1e-5)
        if not fits:
            lengths.append(n)
    return lengths


json.dump([wrong(case) for case in json.load(sys.stdin)], sys.stdout)
