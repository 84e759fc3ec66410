import { rounded } from "../../graph/rounding.js";
import { reals, wholes, type Values } from "../../graph/values.js";

/** How many numbers a range has: ceil((limit - start) / delta), none where that is negative (ONNX, Range-11). Nothing where rounding decides about it. */
export function rangeLength(start: Values, limit: Values, delta: Values): number | undefined {
  const [from, to, step] = [start.list[0], limit.list[0], delta.list[0]];
  if (typeof from === "bigint" && typeof to === "bigint" && typeof step === "bigint") {
    if (step === 0n) return undefined;
    const [distance, by] = step > 0n ? [to - from, step] : [from - to, -step];
    return distance <= 0n ? 0 : Number((distance + by - 1n) / by);
  }
  if (start.kind !== "real" || typeof from !== "number" || typeof to !== "number" || typeof step !== "number" || step === 0) return undefined;
  // ONNX Runtime rounds the distance to the type, ONNX's reference does not.
  const [direct, typed] = [to - from, rounded(to - from, start.dtype)].map((distance) => Math.max(0, Math.ceil(distance / step)));
  return direct === typed && Number.isSafeInteger(direct) ? direct : undefined;
}

/** The numbers start + i * delta. */
export function rangeValues(start: Values, delta: Values, length: number): Values | undefined {
  const indices = Array.from({ length }, (_, index) => index);
  if (start.kind === "whole" && delta.kind === "whole" && start.dtype === delta.dtype) {
    const [from = 0n, step = 0n] = [start.list[0], delta.list[0]];
    return wholes(
      start.dtype,
      indices.map((index) => from + BigInt(index) * step),
    );
  }
  if (start.kind !== "real" || delta.kind !== "real") return undefined;
  const [from = 0, step = 0] = [start.list[0], delta.list[0]];
  return reals(
    start.dtype,
    indices.map((index) => from + rounded(index * step, start.dtype)),
  );
}
