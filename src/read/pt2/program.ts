import type { DType } from "../../graph/dtype.js";

/** A size: a number, or an expression of the model's symbols with the number of the example that the model was exported with. */
export type Size = number | { readonly text: string; readonly hint?: number | undefined };

/** What the file says of a tensor. */
export interface TensorMeta {
  readonly dtype?: DType | undefined;
  readonly sizes: readonly Size[];
}

/** A number of an argument: written out, or the name of a symbolic one in the graph. */
export type NumberValue = number | { readonly name: string };

/** The value of an argument. Devices and layouts say nothing that is counted: `none`. An object of a class of C++ may hold weights. */
export type Value =
  | { readonly kind: "tensors"; readonly names: readonly (string | undefined)[]; readonly isList: boolean }
  | { readonly kind: "numbers"; readonly values: readonly NumberValue[]; readonly isList: boolean }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "graph"; readonly name: string; readonly graph: ProgramGraph }
  | { readonly kind: "object" }
  | { readonly kind: "none" };

export interface ProgramArgument {
  readonly name: string;
  readonly value: Value;
}

/** Where a node comes from in the model's Python code. */
export interface Origin {
  /** Path of the innermost module, empty for the model itself. */
  readonly path: string;
  /** Its class: `torch.nn.modules.conv.Conv2d`. */
  readonly moduleClass?: string | undefined;
  /** What Python called: `builtin_function_or_method.conv2d`, `method_descriptor.mean`. */
  readonly called?: string | undefined;
}

export interface ProgramNode {
  readonly name: string;
  /** `aten`, `higher_order`, `torchvision`; `_operator` and `math` work on symbolic numbers. */
  readonly namespace: string;
  readonly op: string;
  readonly overload: string;
  readonly args: readonly ProgramArgument[];
  /** Names of the tensors that come out. */
  readonly outputs: readonly string[];
  readonly origin: Origin;
}

export interface ProgramGraph {
  /** Names of the inputs; empty for one that is no tensor. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly ProgramNode[];
  readonly tensors: ReadonlyMap<string, TensorMeta>;
  /** Symbolic numbers that nodes make or read, by name. */
  readonly numbers: ReadonlyMap<string, Size>;
}

/** An input of the program's graph that is stored with the model. */
export interface StoredInput {
  readonly name: string;
  /** Its name in the module: `layer1.0.conv1.weight`. */
  readonly target: string;
  readonly role: "parameter" | "buffer" | "constant";
}

export interface Range {
  readonly text: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** An exported program of torch.export (torch/_export/serde/schema.py). */
export interface Program {
  readonly graph: ProgramGraph;
  readonly stored: readonly StoredInput[];
  /** Names of the tensors that the user gives. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly ranges: readonly Range[];
}
