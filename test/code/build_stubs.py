"""Runs modules that convcost wrote on stand-ins for Keras and Flax, which know documented signatures, shapes and numbers of weights alone.

A JSON list of {framework, code, name, input} on standard input; for each {params, output} or {error} on standard output.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "stubs"))
import flax_stub
import keras_stub

STUBS = {"keras": keras_stub, "flax": flax_stub}
for stub in STUBS.values():
    sys.modules.update(stub.MODULES)


def answer(case):
    try:
        scope = {"__name__": "generated"}
        exec(compile(case["code"], "generated.py", "exec"), scope)
        params, output = STUBS[case["framework"]].run(scope, case["name"], case["input"])
        return {"params": params, "output": list(output)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
