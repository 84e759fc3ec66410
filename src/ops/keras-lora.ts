import type { Args } from "./args.js";

/** LoRA trains two factors beside a frozen kernel (Keras, Dense.enable_lora): other parameters than those counted here. */
export function refuseLora(args: Args): void {
  if (!args.isNone("lora_rank")) args.fail("lora_rank", `${args.callee} with LoRA is not counted`, "None", "count the layer without lora_rank");
}
