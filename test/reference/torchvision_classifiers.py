"""Asks torchvision for the parameters and multiply-adds of every classifier it can build, and writes torchvision-classifiers.json.

Run with Debian's python3-torch and python3-torchvision: python3 test/reference/torchvision_classifiers.py
"""
import json
import os

import torch
import torchvision
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision import models

OTHER = ("quantized", "raft", "fasterrcnn", "fcos", "keypoint", "maskrcnn", "retinanet", "ssd", "deeplab", "fcn", "lraspp", "mc3", "mvit", "r2plus",
         "r3d", "s3d", "swin3d")


class Counter(TorchDispatchMode):
    """Multiply-adds of convolutions, linear layers and matrix products, seen below the modules."""

    def __init__(self):
        super().__init__()
        self.macs = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        name = str(func)
        if "convolution" in name:
            self.macs += output.numel() * args[1][0].numel()
        elif name.startswith("aten.addmm"):
            self.macs += output.numel() * args[1].shape[-1]
        elif name.startswith(("aten.mm", "aten.bmm")):
            self.macs += output.numel() * args[0].shape[-1]
        return output


def measure(name):
    auxiliary = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = models.get_model(name, weights=None, **auxiliary).eval()
    params = sum(parameter.numel() for parameter in model.parameters())
    # PyTorch runs a ViT's encoder as one fused operator, whose products cannot be seen; the largest models take too long.
    if name.startswith("vit") or params > 3.2e8:
        return {"params": params, "macs": None}
    size = 299 if name == "inception_v3" else 224
    with torch.no_grad(), Counter() as counter:
        model(torch.zeros(1, 3, size, size))
    return {"params": params, "macs": counter.macs, "input": size}


names = [name for name in models.list_models() if "/" not in name and not name.startswith(OTHER)]
meta = {"torchvision": torchvision.__version__, "torch": torch.__version__, "made by": "test/reference/torchvision_classifiers.py"}
path = os.path.join(os.path.dirname(__file__), "torchvision-classifiers.json")
with open(path, "w") as file:
    json.dump({"meta": meta, "models": {name: measure(name) for name in names}}, file, indent=2)
    file.write("\n")
