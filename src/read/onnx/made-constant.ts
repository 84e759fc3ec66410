import { elements } from "../../graph/shape.js";
import type { DType } from "../../graph/dtype.js";
import type { Ledger } from "./ledger.js";
import { possible, type Operand, type Result } from "./operand.js";
import type { NodeProto } from "./schema.js";
import type { FixedTables } from "./tables.js";
import { Origins } from "./origins.js";
import { roleOf } from "./weights.js";

type Constant = Extract<Operand, { kind: "constant" }>;

/** What makes weights out of nothing: Caffe2's exports have all of theirs there. */
const FILLS = new Set(["ConstantOfShape", "ConstantFill", "GivenTensorFill"]);
/** What gives the elements of its first input another type, or other limits; what else they read says how. */
const FIRST_ONLY = new Set(["Cast", "CastLike", "CAST", "CAST_AS_IS", "Clip", "Pad", "Trunc"]);
/** What stands for real numbers by a scale, or is made so: scales and zero points are no weights. */
const QUANTISERS = /quantize|^(Float|Int|Bipolar)?Quant$/i;
/** What counts: its numbers are positions. */
const COUNTING = new Set(["Range", "RANGE", "EyeLike"]);
/** What picks rows of a table. */
const PICKS = new Set(["Gather", "GatherElements", "GatherND", "GATHER", "GATHER_V2", "GATHER_ND", "EMBEDDING_LOOKUP"]);
/** Types of sizes, positions and masks: as real numbers they are no weights. */
const COUNTS: ReadonlySet<DType | undefined> = new Set<DType | undefined>(["int64", "uint64", "int32", "uint32", "bool"]);

/** What a node makes whose output is known when the model is read: a constant, and of which tensors of the file it is made. Throws `bad-shape`. */
export function madeConstant(
  ledger: Ledger,
  label: string,
  proto: NodeProto,
  result: Extract<Result, { kind: "constant" }>,
  inputs: readonly Operand[],
  tables: FixedTables,
): Operand {
  const { shape, values } = result;
  const name = label + (proto.outputs[0] ?? "");
  const { t, sparse } = proto.attributes.get("value") ?? proto.attributes.get("sparse_value") ?? {};
  const tensor = proto.opType === "Constant" ? (t ?? sparse?.values) : undefined;
  // A Constant node may hold a weight (Paddle's exports have all of theirs there).
  const held = tensor === undefined ? [] : [Origins.of(ledger.origin(tensor, name, "node", false, roleOf(tables, proto.outputs[0] ?? "", tensor)))];
  const dtype = ownType(result.dtype);
  const from = dataOf(proto, inputs, dtype);
  return {
    kind: "constant",
    name,
    shape: possible(shape),
    dtype,
    values,
    origins: Origins.joined([...held, ...from.map(({ origins }) => origins)]),
    isFilled: FILLS.has(proto.opType) || (from.length === 1 && from[0]?.isFilled) || undefined,
    isPicked: PICKS.has(proto.opType) || from.some(({ isPicked }) => isPicked === true) || undefined,
  };
}

/**
 * The constants whose elements a node gives out again, moved or computed with; the others say how: axes, shapes, positions, limits, scales. Those have
 * another type than the result, or a single element where the others have more.
 */
function dataOf({ opType }: NodeProto, inputs: readonly Operand[], dtype: DType | undefined): readonly Constant[] {
  const constants = inputs.filter((operand) => operand.kind === "constant");
  if (COUNTING.has(opType)) return [];
  if (QUANTISERS.test(opType)) return constants.slice(0, 1);
  if (FIRST_ONLY.has(opType)) return constants.slice(0, 1).filter((first) => ownType(first.dtype) === dtype || !COUNTS.has(first.dtype));
  const alike = constants.filter((operand) => ownType(operand.dtype) === dtype);
  const largest = alike.reduce((most, { shape }) => (elements(shape) > most ? elements(shape) : most), 0n);
  return alike.filter(({ shape }) => elements(shape) > 1n || largest <= 1n);
}

/** The type as operands have it: the model's own is left out. */
function ownType(dtype: DType | undefined): DType | undefined {
  return dtype === "float32" ? undefined : dtype;
}
