// The same file read by ONNX's own library: onnx.load and shape inference, as a whole process of Python.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { median, medianRatio, timeInTurn } from "./measure.mjs";
import { resnet50, writeModel } from "./onnx-file.mjs";
import { atLeast } from "./rows.mjs";

/** The system's own Python is where a distribution's package is, whatever stands first on the path. */
const PYTHONS = ["python3", "/usr/bin/python3"];
const SCRIPT = "import sys, onnx; onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1]))";

export async function onnx({ convcost, folder, runs, say }) {
  const python = PYTHONS.find((program) => spawnSync(program, ["-c", "import onnx"]).status === 0);
  if (python === undefined) {
    say("  skipped: no python3 can import onnx (Debian: python3-onnx)");
    return [];
  }
  const version = spawnSync(python, ["-c", "import onnx; print(onnx.__version__)"], { encoding: "utf8" }).stdout.trim();
  const path = join(folder, "compared.onnx");
  writeModel(path, resnet50());
  const own = { ...convcost("count", path, "--json"), name: "convcost" };
  const theirs = { name: "onnx", argv: [python, "-c", SCRIPT, path] };
  const times = await timeInTurn([own, theirs], runs);
  return [
    { what: "ONNX ResNet-50 with weights, convcost", ms: median(times.get("convcost")), figure: "" },
    atLeast(`  onnx ${version}: onnx.load, infer_shapes`, {
      ms: median(times.get("onnx")),
      value: medianRatio(times.get("onnx"), times.get("convcost")),
      limit: 1,
      unit: "x convcost",
    }),
  ];
}
