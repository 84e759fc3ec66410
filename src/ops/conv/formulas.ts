import type { Formulas, Kind } from "../../graph/layer.js";
import type { Resolved } from "./convolution.js";

/** `1234567` as `1,234,567`, for formulas. */
function grouped(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

interface Factor {
  readonly symbol: string;
  readonly value: readonly number[];
}

/**
 * The formulas of a convolution with the numbers put in, in the notation of the MobileNets paper's cost equations
 * (arXiv 1704.04861, equations 2 to 5), generalised to groups, multipliers and any rank.
 */
export function formulas(resolved: Resolved, kind: Kind): Formulas {
  const filters = weightFactors(resolved, kind);
  const positions: Factor = resolved.transposed ? { symbol: "in", value: resolved.input } : { symbol: "out", value: resolved.output };
  const biasFactor: Factor = { symbol: "Cout", value: [resolved.outChannels] };
  const params = `${product(filters)}${resolved.bias ? ` + ${biasFactor.symbol}` : ""}`;
  const paramNumbers = `${numbers(filters)}${resolved.bias ? ` + ${resolved.outChannels}` : ""}`;
  const all: readonly Factor[] = [{ symbol: "N", value: [resolved.batch] }, positions, ...filters];
  const total = value(filters) + (resolved.bias ? BigInt(resolved.outChannels) : 0n);
  return {
    params: `${params} = ${paramNumbers} = ${grouped(total)}`,
    macs: `${product(all)} = ${numbers(all)} = ${grouped(value(all))}`,
  };
}

function weightFactors(resolved: Resolved, kind: Kind): readonly Factor[] {
  const { inChannels, outChannels, groups, kernelSize } = resolved;
  const taps: Factor = { symbol: "K", value: kernelSize };
  if (kind === "depthwise") return [{ symbol: "Cin", value: [inChannels] }, { symbol: "m", value: [outChannels / inChannels] }, taps];
  if (kind === "pointwise")
    return [
      { symbol: "Cin", value: [inChannels] },
      { symbol: "Cout", value: [outChannels] },
    ];
  if (resolved.transposed)
    return [{ symbol: "Cin", value: [inChannels] }, { symbol: groups > 1 ? "(Cout/g)" : "Cout", value: [outChannels / groups] }, taps];
  return [{ symbol: "Cout", value: [outChannels] }, { symbol: groups > 1 ? "(Cin/g)" : "Cin", value: [inChannels / groups] }, taps];
}

function product(factors: readonly Factor[]): string {
  return factors.map((factor) => factor.symbol).join("·");
}

function numbers(factors: readonly Factor[]): string {
  return factors.map((factor) => (factor.value.length > 1 ? `(${factor.value.join("·")})` : factor.value.join(""))).join("·");
}

function value(factors: readonly Factor[]): bigint {
  return factors.flatMap((factor) => factor.value).reduce((result, size) => result * BigInt(size), 1n);
}
