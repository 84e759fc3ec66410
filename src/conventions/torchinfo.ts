import { elements } from "../graph/shape.js";
import type { Convention, Operation, Parts, Rule } from "./convention.js";
import { CELLS, CONVOLUTIONS, RECURRENT, TRANSPOSED } from "./counts.js";

const FILE = "torchinfo/layer_info.py, LayerInfo.calculate_macs";

/** Elements of the parameters that it looks at: those named weight or bias, and those of recurrent layers. */
const parameters = ({ ports }: Operation, name: RegExp): bigint =>
  ports.filter((port) => port.role === "parameter" && name.test(port.name)).reduce((sum, { shape }) => sum + elements(shape), 0n);

/** Parameters times positions of the output, batch included: exact for a convolution, its biases with it. */
function byPositions(operation: Operation): Parts {
  const [output = []] = operation.outputs;
  const positions = elements([...output.slice(0, 1), ...output.slice(2)]);
  return { macs: positions * parameters(operation, /^weight$/), bias: positions * parameters(operation, /^bias$/) };
}

/** Parameters times all but the last size of the output. */
function linear(operation: Operation): Parts {
  const [output = []] = operation.outputs;
  const rows = elements(output.slice(0, -1));
  return { macs: rows * parameters(operation, /^weight$/), bias: rows * parameters(operation, /^bias$/) };
}

/** The first size of the output alone, as release 1.8.0 takes it: right for two axes. */
function linearByBatch(operation: Operation): Parts {
  const [[batch = 1] = []] = operation.outputs;
  return { macs: BigInt(batch) * parameters(operation, /^weight$/), bias: BigInt(batch) * parameters(operation, /^bias$/) };
}

/** Parameters times the batch, whatever the spatial size. */
const byBatch =
  (cause: "normalization" | "activation" | "elementwise") =>
  (operation: Operation): Parts => {
    const [[batch = 1] = []] = operation.outputs;
    return { [cause]: BigInt(batch) * parameters(operation, /^(weight|bias)$/) };
  };

/** Parameters times the first two sizes of the output: batch and time. */
function recurrent(operation: Operation): Parts {
  // PyTorch's sequences have those of the input; other frameworks may give out the last step alone, or directions apart.
  const [[input = []], [output = []]] = [operation.inputs, operation.outputs];
  const steps = elements((input.length === 3 ? input : output).slice(0, 2));
  return { macs: steps * parameters(operation, /^weight/), bias: steps * parameters(operation, /^bias/) };
}

const LINEAR: Rule = { ops: ["linear"], formula: "parameters · rows", source: FILE, count: linear };
const LINEAR_OF_1_8_0: Rule = {
  ops: ["linear"],
  formula: "parameters · N",
  source: FILE,
  count: linearByBatch,
  wrong: "a linear layer over three axes or more is counted once a sample, not once a row",
};

const RULES: readonly Rule[] = [
  { ops: CONVOLUTIONS, formula: "parameters · N·out", source: FILE, count: byPositions },
  {
    ops: TRANSPOSED,
    formula: "parameters · N·out",
    source: FILE,
    count: byPositions,
    wrong: "a transposed convolution is counted by its output's positions, not its input's",
  },
  { ops: ["batch_norm", "layer_norm", "group_norm", "instance_norm"], formula: "parameters · N", source: FILE, count: byBatch("normalization") },
  { ops: ["prelu"], formula: "parameters · N", source: FILE, count: byBatch("activation") },
  { ops: ["embedding"], formula: "parameters · N, though a look-up multiplies nothing", source: FILE, count: byBatch("elementwise") },
  { ops: [...RECURRENT, ...CELLS], formula: "parameters · N·T", source: FILE, count: recurrent },
];

/** torchinfo: parameters of every leaf module times where its output has them. */
export const torchinfo: Convention = {
  name: "torchinfo",
  title: "torchinfo",
  version: "TylerYep/torchinfo 5c4164f (main; release 1.8.0 is torchinfo-1.8.0)",
  unit: "MAC",
  reads: "torch",
  perMac: 1n,
  tables: [{ sees: "leaf modules", calledAs: ["module", "subclass"], rules: [LINEAR, ...RULES] }],
  missesFastPath: true,
  notes: [
    "Norms count their parameters once a sample, not once a position.",
    "Multi-head attention is no leaf: nothing of it is in the total.",
    "Release 1.8.0, the newest on PyPI, counts linear layers over three axes or more once a sample: torchinfo-1.8.0.",
  ],
};

/** torchinfo as it is released: linear layers are counted as norms are. */
export const torchinfoRelease: Convention = {
  ...torchinfo,
  name: "torchinfo-1.8.0",
  title: "torchinfo, release 1.8.0",
  version: "TylerYep/torchinfo v1.8.0",
  tables: [{ sees: "leaf modules", calledAs: ["module", "subclass"], rules: [LINEAR_OF_1_8_0, ...RULES] }],
  notes: [
    "Norms count their parameters once a sample, not once a position, and so do linear layers over three axes or more.",
    "Multi-head attention is no leaf: nothing of it is in the total.",
  ],
};
