import { fail, InputError } from "../../../graph/diagnostic.js";
import type { Shape } from "../../../graph/shape.js";
import type { Values } from "../../../graph/values.js";
import { resolveAxis } from "../../../ops/primitive.js";
import { fixed } from "../fixed.js";
import { int, ints } from "../attributes.js";
import { asMany, shapeOf, typedValuesOf, typeOf, valuesOf, type Attempt, type OnnxNode, type Operand, type Result, type Rule } from "../operand.js";
import type { GraphProto } from "../schema.js";
import { sameShape } from "./loop.js";

/** The graph that a node holds. Throws `bad-onnx` where it is missing. */
export function bodyOf(node: OnnxNode, name: string): GraphProto {
  return node.attributes.get(name)?.g ?? fail("bad-onnx", `${node.op} has no ${name}`);
}

/**
 * The branch that is taken, or the costlier one where that depends on the data.
 * @param labels attributes that hold the two
 */
export function chosen(node: OnnxNode, labels: readonly [string, string], inputs: readonly Operand[]): Result {
  const decided = valuesOf(node.inputs[0])?.[0];
  if (decided !== undefined) {
    const label = labels[decided === 0 ? 1 : 0];
    return { kind: "operands", operands: node.bodies.run(bodyOf(node, label), inputs, label) };
  }
  const attempts = labels.map((label) => attempted(node, label, inputs));
  const runs = attempts.flatMap((attempt) => (attempt instanceof InputError ? [] : [attempt]));
  const [first, second] = runs;
  if (first === undefined) throw attempts.find((attempt) => attempt instanceof InputError) ?? new Error("an If has two branches");
  const [costly, other] = second !== undefined && dearer(second, first) ? [second, first] : [first, second];
  costly.keep();
  other?.spare();
  const label = labels[attempts.indexOf(costly)] ?? labels[0];
  if (runs.length < 2 || first.flops !== second?.flops)
    node.warn(`which branch of If runs depends on the data: ${label} is counted, the costlier one`);
  const open = other && openness(costly, other);
  if (open !== undefined)
    node.bodies.add(fixed({ op: "If", outputs: [], uncounted: { of: "cost", reason: `either branch of If may run, and the other ${open}` } }), []);
  return {
    kind: "operands",
    operands: costly.outputs.map((operand, index) => joined(node, operand, other === undefined ? operand : other.outputs[index])),
  };
}

function attempted(node: OnnxNode, label: string, inputs: readonly Operand[]): Attempt | InputError {
  try {
    return node.bodies.attempt(label, () => node.bodies.run(bodyOf(node, label), inputs, label));
  } catch (error) {
    // A branch that cannot run on these shapes is one that is not taken.
    if (error instanceof InputError && error.diagnostic.code !== "too-large") return error;
    throw error;
  }
}

/** Why a branch that is not counted may cost more than the one that is, by one figure or another. */
function openness(counted: Attempt, other: Attempt): string | undefined {
  if (!other.complete) return "could not be counted";
  if (other.flops > counted.flops) return "has more FLOPs";
  return other.written > counted.written ? "writes more" : undefined;
}

function dearer(a: Attempt, b: Attempt): boolean {
  return a.macs === b.macs ? a.flops > b.flops : a.macs > b.macs;
}

/** What is known of a tensor that one branch or the other makes. */
function joined(node: OnnxNode, operand: Operand, other: Operand | undefined): Operand {
  if (operand === other) return operand;
  if (operand.kind === "sequence" && other?.kind === "sequence" && operand.elements.length === other.elements.length) return operand;
  if (!sameShape(operand, other))
    return { kind: "unknown", reason: "the branches of an If make tensors of different shapes, which depends on the data" };
  return isSameValue(typedValuesOf(operand), typedValuesOf(other)) ? operand : node.bodies.varying(operand);
}

function isSameValue(a: Values | undefined, b: Values | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const list: readonly unknown[] = b.list;
  return a.dtype === b.dtype && a.list.length === list.length && a.list.every((value: unknown, index) => Object.is(value, list[index]));
}

/** Scan (ONNX, version 9; version 8 with a batch): its body once for each slice of the scanned inputs. */
const scan: Rule = (node) => {
  const body = bodyOf(node, "body");
  const batched = node.opset < 9;
  const inputs = batched ? node.inputs.slice(1) : node.inputs;
  const count = int(node, "num_scan_inputs", 1);
  if (count > inputs.length)
    fail("bad-attribute", `num_scan_inputs of Scan is ${count}`, { expected: `1 to ${inputs.length}, the inputs that it has` });
  const scanned = inputs.slice(inputs.length - count);
  const states = inputs.slice(0, inputs.length - count);
  const axes = asMany(node, "scan_input_axes", ints(node, "scan_input_axes") ?? scanned.map(() => 0), count);
  asMany(node, "scan_input_directions", ints(node, "scan_input_directions") ?? axes, count);
  const lead = batched ? 1 : 0;
  const shapes = scanned.map((operand) => shapeOf(operand) ?? fail("bad-onnx", "Scan reads tensors of known shape"));
  const at = shapes.map((shape, index) => (batched ? 1 : resolveAxis("Scan", axes[index] ?? 0, shape.length)));
  const length = shapes[0]?.[at[0] ?? 0] ?? 0;
  const other = shapes.map((shape, index) => shape[at[index] ?? 0]).find((size) => size !== length);
  if (other !== undefined) fail("shape-mismatch", `Scan goes over ${length} and over ${other} slices`, { expected: "as many of each input" });
  const batch = batched ? (shapes[0]?.[0] ?? 1) : 1;
  const slices = scanned.map((operand, index) => {
    const shape = (shapes[index] ?? []).filter((_, axis) => axis !== at[index] && !(batched && axis === 0));
    return node.bodies.slice(shape, typeOf(operand), operand);
  });
  const carried = states.map((state) => {
    const shape = shapeOf(state);
    return batched && shape !== undefined ? node.bodies.slice(shape.slice(1), typeOf(state), state) : node.bodies.varying(state);
  });
  const outputs = node.bodies.run(body, [...carried, ...slices], "body", BigInt(length) * BigInt(batch));
  const outAxes = ints(node, "scan_output_axes") ?? [];
  const operands = outputs.map((operand, index) => {
    const shape = shapeOf(operand);
    if (shape === undefined) return operand;
    if (index < states.length) return batched ? stacked(node, operand, [batch, ...shape]) : operand;
    const axis = resolveAxis("Scan", outAxes[index - states.length] ?? 0, shape.length + 1);
    const whole = [...shape.slice(0, axis), length, ...shape.slice(axis)];
    return stacked(node, operand, [...Array<number>(lead).fill(batch), ...whole]);
  });
  return { kind: "operands", operands };
};

function stacked(node: OnnxNode, operand: Operand, shape: Shape): Operand {
  const [output] = node.bodies.add(fixed({ op: "stack", outputs: [shape], dtype: typeOf(operand) }), [operand]);
  return output ?? operand;
}

/** Operators that run graphs which they hold. Loop has a file of its own. */
export const controlRules: Readonly<Record<string, Rule>> = {
  // ONNX, version 11.
  If: (node) => chosen(node, ["then_branch", "else_branch"], []),
  Scan: scan,
};
