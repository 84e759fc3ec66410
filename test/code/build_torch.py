"""Builds modules that convcost wrote: a JSON list of {code, name, input, integers} on standard input, one answer for each on standard output.

An answer is {params, output} of the module in evaluation mode, or {error}.
"""

import json
import sys
import warnings

import torch

warnings.filterwarnings("ignore")
torch.manual_seed(0)


def answer(case):
    try:
        scope = {"__name__": "generated"}
        exec(compile(case["code"], "generated.py", "exec"), scope)
        module = scope[case["name"]]().eval()
        x = torch.zeros(case["input"], dtype=torch.int64) if case["integers"] else torch.randn(case["input"])
        output = module(x)
        return {"params": sum(p.numel() for p in module.parameters()), "output": list(output.shape)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
