import type { Place } from "../../graph/diagnostic.js";
import type { DType } from "../../graph/dtype.js";
import type { CalledAs } from "../../graph/layer.js";
import type { CallArguments, Expression } from "./expression.js";
import type { Snippet } from "./snippet.js";
import type { Value } from "./scope.js";
import type { Template } from "./template.js";

/** Layers and structures, one after the other. */
export type Body = readonly Instruction[];

/** What one entry of a list of layers does. */
export type Action =
  | { readonly kind: "layers"; readonly template: Template }
  | { readonly kind: "call"; readonly block: string; readonly args: CallArguments; readonly snippet: Snippet }
  | { readonly kind: "sequence"; readonly body: Body }
  | { readonly kind: "residual"; readonly body: Body; readonly shortcut: Body; readonly when?: Expression | undefined }
  | {
      readonly kind: "join";
      readonly join: Join;
      readonly branches: readonly Body[];
      readonly axis?: Expression | undefined;
      /** The branches get these parts of the input instead of all of it. */
      readonly split?: Expression | undefined;
    }
  | { readonly kind: "from"; readonly tap: Template }
  | { readonly kind: "training"; readonly body: Body };

export const JOINS = ["add", "multiply", "concat"] as const;
export type Join = (typeof JOINS)[number];

export interface Instruction {
  readonly action: Action;
  readonly place: Place;
  readonly name?: Template | undefined;
  readonly tap?: Template | undefined;
  readonly calledAs?: CalledAs | undefined;
  readonly condition?: Expression | undefined;
  readonly otherwise: Body;
  readonly rounds?: Rounds | undefined;
}

export type Rounds =
  | { readonly kind: "repeat"; readonly times: Expression; readonly as?: string | undefined }
  | { readonly kind: "for"; readonly names: readonly string[]; readonly list: Expression };

export interface Binding {
  readonly name: string;
  readonly value: Expression;
}

export interface Argument {
  readonly name: string;
  readonly otherwise?: Expression | undefined;
}

/** `name(first, second=default)`. */
export interface Signature {
  readonly name: string;
  readonly parameters: readonly Argument[];
  /** The names of the parameters. */
  readonly names: readonly string[];
}

export interface Block extends Signature {
  readonly lets: readonly Binding[];
  readonly body: Body;
}

export interface Function extends Signature {
  readonly body: Expression;
}

export interface NetworkInput {
  readonly name: string;
  /** A list of expressions, or a text such as `3x{resolution}x{resolution}`. */
  readonly shape: Expression | Template;
  readonly dtype?: DType | undefined;
  readonly place: Place;
}

export interface Output {
  readonly name: string;
  readonly tap: Template;
}

/** A network file, read and checked, not yet expanded. */
export interface Network {
  readonly name: string;
  readonly description?: string | undefined;
  readonly source: string;
  readonly inputs: readonly NetworkInput[];
  readonly parameters: ReadonlyMap<string, Value>;
  readonly variants: ReadonlyMap<string, ReadonlyMap<string, Value>>;
  readonly lets: readonly Binding[];
  readonly functions: readonly Function[];
  readonly blocks: ReadonlyMap<string, Block>;
  readonly layers: Body;
  readonly outputs: readonly Output[];
}
