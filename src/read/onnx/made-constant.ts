import type { Ledger } from "./ledger.js";
import { possible, type Operand, type Result } from "./operand.js";
import type { NodeProto } from "./schema.js";

/** What looks at the shape of its input only. */
const LOOKS = new Set(["Shape", "Size", "ConstantOfShape"]);

/** What a node makes whose output is known when the model is read: a constant, and of which tensors of the file it is made. Throws `bad-shape`. */
export function madeConstant(
  ledger: Ledger,
  label: string,
  proto: NodeProto,
  { shape, dtype, values }: Extract<Result, { kind: "constant" }>,
  inputs: readonly Operand[],
): Operand {
  const name = label + (proto.outputs[0] ?? "");
  const { t, sparse } = proto.attributes.get("value") ?? proto.attributes.get("sparse_value") ?? {};
  const tensor = proto.opType === "Constant" ? (t ?? sparse?.values) : undefined;
  // A Constant node may hold a weight (Paddle's exports have all of theirs there).
  const held = tensor === undefined ? [] : [ledger.origin(tensor, name, "node")];
  // Of a quantised weight the scales and zero points are no weights.
  const from = proto.opType.endsWith("quantizeLinear") || proto.opType === "QuantizeLinear" ? inputs.slice(0, 1) : inputs;
  const origins = [...held, ...from.flatMap((operand) => (operand.kind === "constant" && !LOOKS.has(proto.opType) ? operand.origins : []))];
  return { kind: "constant", name, shape: possible(shape), dtype: dtype === "float32" ? undefined : dtype, values, origins };
}
