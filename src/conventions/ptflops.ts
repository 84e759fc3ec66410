import type { Convention, Rule } from "./convention.js";
import { ADAPTIVE_AVG_POOLS, ADAPTIVE_MAX_POOLS, AVG_POOLS, MAX_POOLS, perInput, perOutput, plain } from "./counts.js";
import { MODULE_RULES, ptflopsModules } from "./ptflops-modules.js";

const FILE = "ptflops/pytorch_ops.py";

/** What it patches in torch.nn.functional and torch: FUNCTIONAL_MAPPING, TENSOR_OPS_MAPPING. */
const FUNCTION_RULES: readonly Rule[] = [
  {
    ops: ["relu", "prelu", "elu", "gelu", "silu"],
    formula: "1 an element",
    source: `${FILE}, _numel_functional_flops_hook`,
    count: perInput("activation"),
  },
  // nn.ReLU6 calls F.hardtanh, which is not patched.
  {
    ops: ["relu6"],
    formula: "1 an element, where F.relu6 is called",
    source: `${FILE}, _numel_functional_flops_hook`,
    count: perInput("activation"),
    calledAs: ["function"],
  },
  {
    ops: [...MAX_POOLS, ...AVG_POOLS, ...ADAPTIVE_AVG_POOLS, ...ADAPTIVE_MAX_POOLS],
    formula: "1 an element of the input",
    source: `${FILE}, _numel_functional_flops_hook`,
    count: perInput("pooling"),
  },
  { ops: ["softmax"], formula: "1 an element", source: `${FILE}, _numel_functional_flops_hook`, count: perInput("softmax") },
  { ops: ["upsample"], formula: "1 an output", source: `${FILE}, _interpolate_functional_flops_hook`, count: perOutput("interpolation") },
  { ops: ["matmul"], formula: "batch·m·k·n", source: `${FILE}, _matmul_tensor_flops_hook`, count: plain, calledAs: ["function"] },
  {
    ops: ["add", "multiply"],
    formula: "1 an output, where torch.add or torch.mul is called",
    source: `${FILE}, _elementwise_tensor_flops_hook`,
    count: perOutput("elementwise"),
    calledAs: ["function"],
  },
];

/** ptflops as it is called by default: module hooks, and patched functions besides, which most modules call too. */
export const ptflops: Convention = {
  ...ptflopsModules,
  name: "ptflops",
  title: "ptflops, PyTorch backend",
  tables: [
    { sees: "modules of exactly PyTorch's classes", calledAs: ["module"], rules: MODULE_RULES },
    { sees: "functions that it patches, also where a module calls them", calledAs: ["module", "subclass", "function"], rules: FUNCTION_RULES },
  ],
  notes: [
    "Activations and pools are counted twice: nn.ReLU is hooked, and calls F.relu, which is patched.",
    "F.linear is not counted, nor are operators (x + y, x.mean()).",
    "This revision is release 0.7.5.",
  ],
};
