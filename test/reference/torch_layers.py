"""Asks PyTorch what each layer of torch-layers.json gives, and writes the answers back:

    python3 test/reference/torch_layers.py test/reference/torch-layers.json

Run with PyTorch 1.13.0. num_batches_tracked is left out of the buffers. A layer that PyTorch refuses gets its complaint.
"""

import json
import sys
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")


def shapes(output):
    return [list(output.shape)] if hasattr(output, "shape") else [shape for part in output for shape in shapes(part)]


def run(module, name, size):
    x = torch.zeros(size, dtype=torch.int64) if "Embedding" in name else torch.randn(size)
    if "MultiheadAttention" in name:
        return module(x, x, x)
    if "Decoder" in name or "Transformer(" in name or "nn.Bilinear" in name:
        return module(x, x)
    if "MaxUnpool" in name:
        return module(x, torch.arange(size[-1]).expand(size))
    return module(x)


def answer(row):
    try:
        module = eval(row["layer"]).eval()
        output = shapes(run(module, row["layer"], row["input"]))
        params = sum(p.numel() for p in module.parameters())
        buffers = sum(b.numel() for name, b in module.named_buffers() if "num_batches" not in name)
        return {"layer": row["layer"], "input": row["input"], "outputs": output, "params": params, "buffers": buffers}
    except Exception as error:
        return {"layer": row["layer"], "input": row["input"], "error": f"{type(error).__name__}: {error}"[:120]}


path = sys.argv[1]
with open(path) as file:
    rows = [answer(row) for row in json.load(file)]
with open(path, "w") as file:
    file.write("[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n")
