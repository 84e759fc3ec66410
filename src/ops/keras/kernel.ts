import type { Layer, Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import type { Args } from "../args.js";
import { withStored } from "../with-stored.js";

/** The kernel of a layer, as LoRA and quantisation see it. */
export interface Kernel {
  /** Sizes that are summed over, and those that are made: input features and units of a Dense. */
  readonly rows: number;
  readonly columns: number;
  /** Which of the two four bits halve. */
  readonly packed: "rows" | "columns";
  /** The last axis as Keras has it, and the product of those before it. */
  readonly last: number;
  readonly before: number;
}

/** The arguments that change how a kernel is stored. */
export const ADAPTED = "lora_rank=None, lora_alpha=None, quantization_config=None";

/**
 * A layer whose kernel LoRA accompanies (two factors are trained in place of it; Keras, Dense.enable_lora), or which a policy of few bits stores
 * (keras.quantizers): its weights, scales and zero points by their bytes.
 * @param kernelOf the kernel among what the layer stores; nothing for a bias
 */
export function adapted(args: Args, layer: Layer, kernelOf: (tensor: Stored) => Kernel | undefined): Layer {
  const rank = args.optionalCount("lora_rank");
  const policy = args.has("dtype") && args.isText("dtype") ? policyOf(args.text("dtype")) : undefined;
  if (rank === undefined && policy === undefined) return layer;
  return withStored(layer, (tensor) => {
    const kernel = kernelOf(tensor);
    if (kernel === undefined) return [tensor];
    const stored = policy === undefined ? [tensor] : quantised(policy, tensor, kernel);
    return rank === undefined ? stored : [...stored.map(asBuffer), ...factors(kernel, rank)];
  });
}

function asBuffer(tensor: Stored): Stored {
  return { ...tensor, role: "buffer" };
}

function factors({ before, last }: Kernel, rank: number): readonly Stored[] {
  return [
    { name: "lora_kernel_a", role: "parameter", shape: [before, rank] },
    { name: "lora_kernel_b", role: "parameter", shape: [rank, last] },
  ];
}

interface Policy {
  readonly mode: string;
  readonly bits: number;
  /** Rows that share a scale; all of them unless said. */
  readonly group: number | undefined;
}

/** `int8_from_float32`, `int4/128_from_float32`, `gptq/4/128_from_float32`; nothing for a policy that stores numbers as they are. */
function policyOf(name: string): Policy | undefined {
  const [, mode = "", first, second] = /^(int8|int4|float8|gptq|awq)(?:\/(-?\d+))?(?:\/(-?\d+))?(?:_from_.*)?$/.exec(name) ?? [];
  if (mode === "") return undefined;
  const grouped = mode === "gptq" || mode === "awq";
  const group = Number((grouped ? second : first) ?? -1);
  const bits = grouped ? Number(first ?? 4) : mode === "int4" ? 4 : 8;
  return { mode, bits, group: mode === "int8" || mode === "float8" || group <= 0 ? undefined : group };
}

/** What quantized_build of keras.layers.Dense, EinsumDense and Embedding makes: what is rounded is not trained. */
function quantised({ mode, bits, group }: Policy, tensor: Stored, { rows, columns, packed }: Kernel): readonly Stored[] {
  const buffer = (name: string, shape: Shape, dtype?: Stored["dtype"]): Stored => ({ name, role: "buffer", shape, dtype });
  const perByte = bits === 4 ? 2 : bits === 2 ? 4 : 1;
  if (mode === "float8") {
    // Scales and histories of maxima are trained as Keras counts: gradients overwrite them. Weights stay as they are.
    const names = ["inputs", "kernel", "outputs_grad"];
    const parameter = (name: string, shape: Shape): Stored => ({ name, role: "parameter", shape });
    return [tensor, ...names.flatMap((name) => [parameter(`${name}_scale`, []), parameter(`${name}_amax_history`, [1024])])];
  }
  const packs = mode === "gptq" || mode === "awq" ? "columns" : packed;
  const shape = packs === "columns" ? [rows, Math.ceil(columns / perByte)] : [Math.ceil(rows / perByte), columns];
  const kernel = buffer(tensor.name, shape, mode === "gptq" || mode === "awq" ? "uint8" : "int8");
  const groups = group === undefined ? 1 : Math.ceil(rows / group);
  const scale = buffer(`${tensor.name}_scale`, [groups, columns]);
  if (mode === "int8" || (mode === "int4" && group === undefined)) return [kernel, scale];
  const zero = buffer(`${tensor.name}_zero`, [groups, columns], mode === "int4" ? "int8" : "uint8");
  const more = mode === "awq" ? [buffer("awq_scales", [rows])] : [];
  return [kernel, scale, zero, buffer("g_idx", [rows]), ...more];
}
