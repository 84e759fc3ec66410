import type { Attributes, CalledAs, Cause, Kind, Port, Stored } from "../graph/layer.js";
import type { Shape } from "../graph/shape.js";

/** One operator with all that is known of it: what a rule counts by. Neither the graph nor where it came from. Shapes are channels first, batch included. */
export interface Operation {
  readonly op: string;
  readonly kind?: Kind | undefined;
  readonly attributes: Attributes;
  readonly inputs: readonly Shape[];
  readonly outputs: readonly Shape[];
  /** What it computes with, by the operator's own names: the same whatever the source calls and stores it. */
  readonly ports: readonly Port[];
  readonly stored: readonly Stored[];
  /** Multiply-adds of its contraction, as the program itself counts them. */
  readonly macs: bigint;
  /** Additions of biases, as the program itself counts them. */
  readonly bias: bigint;
}

/** What a tool counts of one operator, by what it is for; `macs` are multiply-adds of a contraction, counted once each whatever the tool's unit. */
export type Parts = Readonly<Partial<Record<"macs" | Cause, bigint>>>;

/** How a tool counts some operators. */
export interface Rule {
  /** Operators as the graph names them; one rule of a table to each. */
  readonly ops: readonly string[];
  /** The rule as a formula: N batch, K kernel taps, g groups, out and in the positions of output and input. */
  readonly formula: string;
  /** File and function of the tool where the rule stands. */
  readonly source: string;
  readonly count: (operation: Operation) => Parts;
  /** What is plainly wrong about it: its figure is given all the same, and this says why it differs. */
  readonly wrong?: string | undefined;
  /** Of which operators `wrong` is true; of all of them unless said. */
  readonly wrongOf?: ((operation: Operation) => boolean) | undefined;
  /** Only operators that are called so; else what the table sees. */
  readonly calledAs?: readonly CalledAs[] | undefined;
}

/** One way in which a tool sees what runs. A rule for a composite (multi-head attention) takes it whole: its steps are not seen any more. */
export interface Table {
  /** What it sees, in words: `modules of exactly PyTorch's classes`. */
  readonly sees: string;
  readonly calledAs: readonly CalledAs[];
  readonly rules: readonly Rule[];
}

/** A tool's way of counting. */
export interface Convention {
  readonly name: string;
  readonly title: string;
  /** Repository and revision, or the paper. */
  readonly version: string;
  readonly unit: "MAC" | "FLOP";
  /** What a multiply-add counts in that unit. */
  readonly perMac: bigint;
  /** A tool may see one operator in two ways, and count it in both. */
  readonly tables: readonly Table[];
  /** Its parameters are those of the layers that it has a rule for, not the model's. */
  readonly params?: "ruled" | undefined;
  /** What to know of its figures. */
  readonly notes: readonly string[];
  /** An operator that can make the tool fail, and when. */
  readonly failsOn?: { readonly op: string; readonly when: string } | undefined;
  /** On PyTorch 1.12 and later the tool runs encoder layers on their fast path, of which it sees nothing. */
  readonly missesFastPath?: boolean | undefined;
  /** What the tool itself counts; of other sources its figure is what its rules give for the same layers, and says so. Absent: layers, wherever they are from. */
  readonly reads?: keyof typeof READS | undefined;
}

/** What tools count, and the formats that are that. A layer typed by hand is whatever it is wanted to be. */
export const READS = {
  torch: { title: "PyTorch models", formats: ["spec", "network", "torch", "pt2"] },
  onnx: { title: "ONNX files", formats: ["spec", "onnx"] },
  tensorflow: { title: "TensorFlow graphs", formats: ["spec", "keras", "tfjs", "tflite"] },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly formats: readonly string[] }>>;

/** The operator of a rule that takes all of them. */
export const EVERYTHING = "*";

/** Seen however it is called. */
export const ANY: readonly CalledAs[] = ["module", "subclass", "function", "operator"];
