import { Origins } from "./origins.js";
import { fail, type Place } from "../../graph/diagnostic.js";
import { bytesOf, isFloat } from "../../graph/dtype.js";
import type { Stored } from "../../graph/layer.js";
import { elements, formatShape } from "../../graph/shape.js";
import type { Ledger } from "./ledger.js";
import { dtypeOf, possible, refuseRank, typedValuesOf, type Operand, type Origin } from "./operand.js";
import type { FixedTables } from "./tables.js";
import { ELEMENT_TYPES, type SparseTensorProto, type TensorProto } from "./schema.js";
import { StoredValues } from "./stored-values.js";

/** How an initializer is read. */
export interface StoredHow {
  /** Its graph is read once, and no other time. */
  readonly once: boolean;
  readonly tables: FixedTables;
}

/** What a stored tensor is by what its graph does with it: a table is a buffer. */
export function roleOf(tables: FixedTables, name: string, { role, dims }: TensorProto): Origin["role"] {
  const table = tables.get(name);
  if (role !== undefined || table === undefined) return role;
  if (table === "part") return "constant";
  const count = elements(dims);
  if (count <= 1n) return undefined;
  return table === "table" || dims.some((size) => BigInt(size) === count) ? "buffer" : undefined;
}

/** The scale and shift of a norm that were learned: not the ones and zeros that an exporter puts where there are none. */
export function learnedAffine(scale: Operand | undefined, shift: Operand | undefined): readonly Operand[] {
  return [isPlain(scale, 1) ? undefined : scale, isPlain(shift, 0) ? undefined : shift].flatMap((operand) => operand ?? []);
}

function isPlain(operand: Operand | undefined, value: number): boolean {
  if (operand?.kind !== "constant" || operand.origins.some(({ held, role }) => held === "initializer" && role !== "constant")) return false;
  const values = typedValuesOf(operand);
  return values?.list.every((each) => Number(each) === value) === true;
}

/** An initializer. Throws `bad-onnx` for an impossible shape, for bytes that do not fit it, and for data outside of the model's folder. */
export function stored(ledger: Ledger, tensor: TensorProto, name: string, place: Place, { once, tables }: StoredHow): Operand {
  const { dims, dataType } = tensor;
  refuseRank(dims.length);
  if (dims.some((size) => size < 0 || !Number.isSafeInteger(size))) fail("bad-onnx", `the initializer ${name} has an impossible shape`, { place });
  checkData(tensor, name, place);
  if (tensor.absent !== undefined) return { kind: "unknown", reason: tensor.absent, shape: dims, dtype: dtypeOf(dataType) };
  const origins = Origins.of(ledger.origin(tensor, name, "initializer", once, roleOf(tables, tensor.name, tensor)));
  return { kind: "constant", name, shape: dims, dtype: dtypeOf(dataType), values: new StoredValues(tensor), origins };
}

/** A sparse initializer: its parameters are the values that are stored, its shape the whole one. */
export function storedSparse(ledger: Ledger, { values, dims }: SparseTensorProto, name: string, place: Place): Operand {
  checkData(values, name, place);
  if (elements(values.dims) > elements(possible(dims)))
    fail("bad-onnx", `the initializer ${name} is ${formatShape(dims)}, but has ${elements(values.dims)} values`, { place });
  const dtype = dtypeOf(values.dataType);
  return { kind: "constant", name, shape: possible(dims), dtype, origins: Origins.of(ledger.origin(values, name, "initializer")) };
}

/** Throws `bad-onnx` for data of a type that there is not, of another length than the shape has, or outside of the model's folder. */
function checkData({ dims, dataType, rawLength, location, externalLength, listed }: TensorProto, name: string, place: Place): void {
  if (location !== undefined && leavesFolder(location)) {
    fail("bad-onnx", `the data of initializer ${name} is said to be outside of the model's folder: ${location}`, {
      place,
      expected: "a path inside the folder of the model",
    });
  }
  if (ELEMENT_TYPES[dataType] === undefined)
    fail("bad-onnx", `the initializer ${name} has elements of a type that is not known, ${dataType}`, { place });
  const dtype = dtypeOf(dataType);
  if (dtype === undefined) return;
  const needed = bytesOf(elements(dims), dtype);
  const length = location === undefined ? rawLength : externalLength;
  if (length !== undefined && String(length) !== String(needed))
    fail("bad-onnx", `the initializer ${name} is ${formatShape(dims)} of ${dtype}, ${needed} bytes, but has ${length}`, { place });
  // Of small types several are in a number, a complex number is two.
  const isPlain = needed >= elements(dims) && !dtype.startsWith("complex");
  if (location === undefined && rawLength === undefined && listed !== undefined && isPlain)
    fail("bad-onnx", `the initializer ${name} is ${formatShape(dims)}, but has ${listed} values`, { place });
}

/** An external-data path that is absolute, or climbs out (ONNX's checker refuses both). */
function leavesFolder(location: string): boolean {
  return /^([/\\]|[a-z]:)/i.test(location) || location.split(/[/\\]/).includes("..") || /^[./\\]*$/.test(location);
}

/** Whether a constant that a layer adds, multiplies or moves is a weight: of floats, with more than one element, no attention mask. */
function looksTrained({ shape, dtype, quantised, role }: Origin, isMask: boolean): boolean {
  if (role !== undefined) return role !== "constant";
  if (dtype !== undefined && !isFloat(dtype) && quantised !== true) return false;
  return elements(shape) > 1n && !isMask;
}

/**
 * A mask is added to attention's scores for all heads alike: S x S, with nothing but 1 before. A bias of positions has a value a head, or is picked
 * from a table of distances.
 */
function isMask({ shape, isPicked }: Extract<Operand, { kind: "constant" }>): boolean {
  return isPicked !== true && shape.length >= 2 && (shape.at(-1) ?? 1) > 1 && (shape.at(-2) ?? 1) > 1 && (shape.at(-3) ?? 1) === 1;
}

/** What a layer stores of its constants; those that a layer before it stores are shared. */
export function storedBy(
  ledger: Ledger,
  operands: readonly (Operand | undefined)[],
  { role, always, scores }: { readonly role: Stored["role"]; readonly always: boolean; readonly scores: boolean },
): readonly Stored[] {
  const all: Stored[] = [];
  for (const operand of operands) {
    if (operand?.kind !== "constant") continue;
    const { name, shape, dtype } = operand;
    const from = operand.isFilled === true && always ? [{ name, shape, dtype, held: "node" as const }] : operand.origins.list();
    const masks = scores && isMask(operand);
    for (const origin of from) {
      if (!always && !looksTrained(origin, masks)) continue;
      const own = origin.role === undefined || origin.role === "constant" ? role : origin.role;
      const tensor: Stored = { name: origin.name, role: own, shape: origin.shape, dtype: origin.dtype === "float32" ? undefined : origin.dtype };
      all.push(ledger.claim(origin, tensor) ? tensor : { ...tensor, shared: true });
    }
  }
  return all;
}
