import { int32s, model, type Field } from "../../test/read/tflite-model.js";
import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { contradicting, made, ports, type Port } from "./ports.js";

interface Operator {
  readonly op: string;
  readonly code: number;
  readonly ports: readonly Port[];
  readonly output: string;
  readonly options?: Readonly<Record<number, Field>>;
  /** Where the ports are among the operator's inputs, if not in their order; -1 for what is left out. */
  readonly order?: readonly number[];
  /** What a first input holds that is a list of sizes. */
  readonly sizes?: readonly number[];
  readonly type?: number;
}

const stride = (from: number): Readonly<Record<number, Field>> => ({ 0: { byte: 0 }, [from]: { int: 1 }, [from + 1]: { int: 1 } });

/** Operators that store weights, by TensorFlow Lite's schema; padding is SAME, so that sizes stay. */
export const TFLITE_OPERATORS: readonly Operator[] = [
  { op: "CONV_2D", code: 3, ports: ports("1 8 8 C", "M K L C", "M"), output: "1 8 8 M", options: stride(1) },
  { op: "CONV_2D", code: 3, ports: ports("1 8 8 C", "M K L C"), output: "1 8 8 M", options: stride(1) },
  { op: "DEPTHWISE_CONV_2D", code: 4, ports: ports("1 8 8 C", "1 K L 2C", "2C"), output: "1 8 8 2C", options: { ...stride(1), 3: { int: 2 } } },
  { op: "FULLY_CONNECTED", code: 9, ports: ports("2 F", "M F", "M"), output: "2 M" },
  { op: "FULLY_CONNECTED", code: 9, ports: ports("2 F", "M F"), output: "2 M" },
  {
    op: "TRANSPOSE_CONV",
    code: 67,
    ports: ports("1 8 8 C", "M K L C", "M"),
    output: "1 8 8 M",
    options: stride(1),
    order: [-2, 1, 0, 2],
    sizes: [1, 8, 8, 7],
  },
  { op: "CONV_3D", code: 132, ports: ports("1 4 8 8 C", "D K L C M", "M"), output: "1 4 8 8 M", options: { ...stride(1), 3: { int: 1 } } },
  { op: "PRELU", code: 54, ports: ports("1 8 8 C", "~1 1 C"), output: "1 8 8 C" },
  { op: "BATCH_MATMUL", code: 126, ports: ports("2 6 F", "~F M"), output: "2 6 M" },
  { op: "RNN", code: 24, ports: ports("2 F", "H F", "H H", "H", "?2 H"), output: "2 H" },
  { op: "UNIDIRECTIONAL_SEQUENCE_RNN", code: 35, ports: ports("2 6 F", "H F", "H H", "H", "?2 H"), output: "2 6 H" },
  { op: "SVDF", code: 27, ports: ports("2 F", "4H F", "4H D", "H"), output: "2 H", options: { 0: { int: 4 } } },
  {
    op: "UNIDIRECTIONAL_SEQUENCE_LSTM",
    code: 44,
    ports: ports("2 6 F", ...Array<string>(4).fill("H F"), ...Array<string>(4).fill("H H"), ...Array<string>(4).fill("H"), "?2 H", "?2 H"),
    output: "2 6 H",
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, -1, -1, -1, 9, 10, 11, 12, -1, -1, 13, 14],
  },
  { op: "EMBEDDING_LOOKUP", code: 7, ports: ports("6", "V H"), output: "6 H", type: 2 },
];

/** A model of one operator. */
export function tfliteOperator({ code, options, order, sizes = [], type = 0 }: Operator, shapes: readonly (readonly number[])[]): Uint8Array {
  const all = shapes.map((shape, index) => ({ name: `p${index}`, shape, hasRank: true, type: index === 0 ? type : 0 }));
  const stored = all.slice(1, -1).map((tensor, index) => ({ ...tensor, buffer: index + 1 }));
  const buffers = stored.map(({ shape }) => new Uint8Array(4 * shape.reduce((product, size) => product * size, 1)));
  const list = { name: "sizes", shape: [sizes.length], hasRank: true, type: 2, buffer: buffers.length + 1 };
  const tensors = [...all.slice(0, 1), ...stored, ...all.slice(-1), ...(sizes.length > 0 ? [list] : [])];
  const last = shapes.length - 1;
  const inputs = (order ?? stored.map((_, index) => index).concat(stored.length)).map((at) => (at === -2 ? last + 1 : at));
  const operators = [{ code: 0, inputs, outputs: [last], options: options ?? {} }];
  return model([code], [{ tensors, inputs: [0], outputs: [last], operators }], [...buffers, ...(sizes.length > 0 ? [int32s(...sizes)] : [])]);
}

export const withOutput = ({ ports: list, output }: Pick<Operator, "ports" | "output">): readonly Port[] => [...list, made(output)];

/** One operator whose weights contradict each other, or what the file says that it makes. */
export function tfliteWeights(random: Random): Case {
  const operator = random.pick(TFLITE_OPERATORS);
  const { shapes, what } = contradicting(withOutput(operator), random);
  return {
    argv: ["model.tflite"],
    files: { "model.tflite": tfliteOperator(operator, shapes) },
    claim: { kind: "contradicts", what: `${operator.op}: ${what}` },
  };
}
