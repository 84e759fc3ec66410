import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analysed, input, model, node, output, tensorOf, message, whole, type Write } from "../read/onnx-model.js";
import { holds } from "./property.js";

/** A type as ONNX numbers it, the list of JavaScript that stores its values, and how it divides. */
interface Type {
  readonly number: number;
  /** Rounds or wraps as the type does: what a typed array keeps of a value. */
  readonly stored: (value: number) => number;
  readonly whole: boolean;
}

type Numbers = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Int32Array;

const kept = (list: Numbers) => (value: number) => {
  list[0] = value;
  return list.at(0) ?? 0;
};

const TYPES: Readonly<Record<string, Type>> = {
  float32: { number: 1, stored: kept(new Float32Array(1)), whole: false },
  float64: { number: 11, stored: kept(new Float64Array(1)), whole: false },
  int8: { number: 3, stored: kept(new Int8Array(1)), whole: true },
  uint8: { number: 2, stored: kept(new Uint8Array(1)), whole: true },
  int16: { number: 5, stored: kept(new Int16Array(1)), whole: true },
  int32: { number: 6, stored: kept(new Int32Array(1)), whole: true },
};

/** Bytes of one value, little-endian. */
function raw(type: string, value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  const writes: Readonly<Record<string, () => number>> = {
    float32: () => (view.setFloat32(0, value, true), 4),
    float64: () => (view.setFloat64(0, value, true), 8),
    int8: () => (view.setInt8(0, value), 1),
    uint8: () => (view.setUint8(0, value), 1),
    int16: () => (view.setInt16(0, value, true), 2),
    int32: () => (view.setInt32(0, value, true), 4),
  };
  return new Uint8Array(view.buffer, 0, writes[type]?.() ?? 0);
}

interface Step {
  readonly op: "Add" | "Sub" | "Mul" | "Div" | "Ceil" | "Floor" | "Round" | "Neg" | "Cast";
  /** The second operand. */
  readonly by: number;
  /** The type that is cast to. */
  readonly to: string;
}

interface Program {
  readonly size: number;
  readonly steps: readonly Step[];
}

const programs: fc.Arbitrary<Program> = fc.record({
  size: fc.integer({ min: 1, max: 300 }),
  steps: fc.array(
    fc.record({
      op: fc.constantFrom<Step["op"][]>("Add", "Sub", "Mul", "Div", "Ceil", "Floor", "Round", "Neg", "Cast", "Cast"),
      by: fc.constantFrom(1, 2, 3, 5, 7, 0.5, 0.7, 0.1, 1.5, 2.25),
      to: fc.constantFrom(...Object.keys(TYPES)),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

const even = (value: number) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

interface Run {
  readonly nodes: readonly Write[];
  /** The value in the end, cast to int64; nothing where programs do not agree about it. */
  readonly value: number | undefined;
}

/** The nodes of a program, and what they compute: plain numbers of JavaScript, stored after each step as the type stores them. */
function run({ size, steps }: Program): Run {
  const state: { type: string; value: number | undefined } = { type: "float32", value: size };
  const nodes: Write[] = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["g"]), node("Cast", ["g"], ["v0"], { attributes: { to: 1 } })];
  steps.forEach(({ op, by, to }, index) => {
    const { type, value: known } = state;
    const { stored, whole: isWhole } = TYPES[type] ?? { stored: (each: number) => each, whole: false };
    const [from, into] = [`v${index}`, `v${index + 1}`];
    const second = isWhole ? Math.ceil(by) : stored(by);
    if (op === "Cast") {
      nodes.push(node("Cast", [from], [into], { attributes: { to: TYPES[to]?.number ?? 1 } }));
      const target = TYPES[to];
      const cut = known === undefined || target === undefined ? undefined : target.whole ? Math.trunc(known) : known;
      // From real numbers only what the type can hold.
      const fits = cut !== undefined && target !== undefined && (isWhole || !target.whole || target.stored(cut) === cut);
      state.value = fits ? target.stored(cut) : undefined;
      state.type = to;
      return;
    }
    if (op === "Ceil" || op === "Floor" || op === "Round" || op === "Neg") {
      // Whole numbers have no Ceil, and those without a sign no Neg.
      const done = isWhole && (op !== "Neg" || type.startsWith("u")) ? "Identity" : op;
      nodes.push(node(done, [from], [into]));
      const functions = { Ceil: Math.ceil, Floor: Math.floor, Round: even, Neg: (each: number) => -each, Identity: (each: number) => each };
      state.value = known === undefined ? undefined : stored(functions[done](known));
      return;
    }
    nodes.push(message(5, ...tensorOf(`c${index}`, [], { type: TYPES[type]?.number ?? 1, raw: raw(type, second) })));
    nodes.push(node(op, [from, `c${index}`], [into]));
    const compute = {
      Add: (a: number) => a + second,
      Sub: (a: number) => a - second,
      Mul: (a: number) => a * second,
      Div: (a: number) => a / second,
    };
    const result = known === undefined ? undefined : compute[op](known);
    state.value = result === undefined ? undefined : stored(isWhole ? Math.trunc(result) : result);
  });
  const last = `v${steps.length}`;
  nodes.push(node("Cast", [last], ["i"], { attributes: { to: 7 } }), node("Abs", ["i"], ["a"]), node("Mod", ["a", "m"], ["r"]));
  nodes.push(node("ConstantOfShape", ["r"], ["y"]));
  const { value } = state;
  const whole64 = value === undefined ? undefined : Math.trunc(value);
  return { nodes, value: whole64 !== undefined && Math.abs(whole64) <= Number.MAX_SAFE_INTEGER ? whole64 : undefined };
}

describe("ONNX: sizes that a graph computes", () => {
  it("are what typed arrays of JavaScript make of the same steps", () => {
    let seen = 0;
    holds(
      programs,
      (program) => {
        const { nodes, value } = run(program);
        const graph = [
          input("x", [program.size]),
          message(5, ...tensorOf("zero", [], { type: 7, raw: new Uint8Array(8) })),
          whole("zeros", 0),
          whole("m", 1000),
        ];
        const analysis = analysed(model([...graph, ...nodes, output("y")]));
        const [shape] = analysis.outputs.map((each) => each.shape);
        if (value === undefined) {
          expect(analysis.partial).toBe(true);
          return;
        }
        seen++;
        expect(shape).toEqual([Math.abs(value) % 1000]);
      },
      500,
    );
    // Most programs end in a size.
    expect(seen).toBeGreaterThan(250);
  });
});
