import type { DType } from "../../graph/dtype.js";
import type { Primitive, Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { Trie } from "../../graph/trie.js";
import type { Ledger } from "./ledger.js";
import type { NodeFacts, Operand, Origin } from "./operand.js";
import type { Tensor } from "./rows.js";
import { StoredValues } from "./stored-values.js";
import type { Storing } from "./watched.js";
import { storedBy } from "./weights.js";

/** What a rule made of a node. */
export interface Made {
  readonly layer: Primitive;
  readonly reads: readonly Tensor[];
  readonly storings: readonly Storing[];
  /** What the layer stores in the end. */
  readonly stored: readonly Stored[];
}

/** Nodes of more inputs are each by itself: which of them are the same one is looked for one by one. */
const MAX_INPUTS = 32;

/** What a rule made, with the places of its node's inputs in place of the operands. */
export interface Recipe {
  readonly layer: Primitive;
  readonly reads: readonly number[];
  readonly storings: readonly { readonly operands: readonly number[]; readonly role: Stored["role"]; readonly always: boolean }[];
  /** Which of the tensors that are stored is which of the layer's. */
  readonly named: readonly number[];
}

/** What was made of the nodes that are alike. */
export type Likeness = Trie<Recipe>;

/** A node that became a layer which other nodes are too. */
export interface Repeated {
  readonly layer: Primitive;
  readonly reads: readonly Tensor[];
  readonly storedNames: readonly string[] | undefined;
}

/**
 * The layers of nodes that are written alike and read alike, down to what is stored already: they are one layer, whose shapes and costs are worked
 * out once. A deep model says the same few things over and over.
 */
export class AlikeNodes {
  private readonly all = new Trie<Recipe>();
  private readonly types = new TypeNumbers();

  constructor(private readonly ledger: Ledger) {}

  /**
   * The nodes that are like a node in all that decides about it. Nothing where a rule may see more than the shapes of its inputs: values that are
   * known already, sequences, what was computed from weights.
   */
  likenessOf({ op, domain, opset, attributes, inputs, outputs, absent, scores, times }: NodeFacts): Likeness | undefined {
    if (inputs.length > MAX_INPUTS) return undefined;
    let likeness = this.all.in(op).in(domain).in(opset).in(outputs).in(absent).in(scores).in(times);
    for (let index = 0; index < inputs.length; index++) {
      const read = this.partOf(inputs, index);
      if (read === undefined) return undefined;
      likeness = likeness.in(read);
    }
    // Last, since many nodes have attributes that no other has.
    return likeness.in(attributes.size === 0 ? 0 : attributes);
  }

  /** Does again with a node's inputs what was done with those of one like it. */
  repeat({ value: recipe }: Likeness, { inputs, scores }: NodeFacts): Repeated | undefined {
    if (recipe === undefined) return undefined;
    const made: Stored[] = [];
    for (const { operands, role, always } of recipe.storings) {
      const stored = storedBy(
        this.ledger,
        operands.map((place) => inputs[place]),
        { role, always, scores },
      );
      made.push(...stored);
    }
    const storedNames = made.length === 0 ? undefined : recipe.named.map((place) => made[place]?.name ?? "");
    const reads: Tensor[] = [];
    for (const place of recipe.reads) {
      const operand = inputs[place];
      if (operand?.kind === "tensor") reads.push(operand);
    }
    return { layer: recipe.layer, reads, storedNames };
  }

  /** Remembers what was made of a node, unless it was made of more than its inputs as they stand. */
  learn(likeness: Likeness, inputs: readonly Operand[], { layer, reads, storings, stored }: Made): void {
    if (inputs.some((operand) => operand.kind === "constant" && isAsked(operand))) return;
    const made = storings.flatMap((storing) => storing.made).map(({ name }) => name);
    const recipe: Recipe = {
      layer,
      reads: reads.map((operand) => inputs.indexOf(operand)),
      storings: storings.map(({ operands, role, always }) => ({
        operands: operands.flatMap((operand) => (operand?.kind === "constant" ? [inputs.indexOf(operand)] : [])),
        role,
        always,
      })),
      named: stored.map(({ name }) => made.indexOf(name)),
    };
    const places = [...recipe.reads, ...recipe.named, ...recipe.storings.flatMap(({ operands }) => operands)];
    if (places.every((place) => place >= 0) && new Set(made).size === made.length) likeness.value = recipe;
  }

  /** What decides about an operand: a number almost always, since this is asked of every node. */
  private partOf(inputs: readonly Operand[], index: number): number | string | undefined {
    const operand = inputs[index] ?? { kind: "none" };
    if (operand.kind === "none") return -1;
    if (operand.kind === "tensor") {
      const same = inputs.indexOf(operand);
      return -2 - (same < index ? same : MAX_INPUTS + this.types.of(operand.value.shape, operand.value.dtype));
    }
    const origin = onlyOrigin(operand);
    if (origin === undefined || operand.kind !== "constant" || isAsked(operand)) return undefined;
    const { held, role, quantised, shape, dtype } = origin;
    // Where a file says more of its tensors (PyTorch's, TensorFlow Lite's), nodes are each by itself.
    if (role !== undefined || quantised === true) return undefined;
    const same = inputs.findIndex((other) => onlyOrigin(other) === origin);
    let part = this.types.of(shape, dtype);
    part = 2 * part + (held === "node" ? 1 : 0);
    part = (2 + MAX_INPUTS) * part + (same < index ? 2 + same : this.ledger.isClaimed(origin) ? 1 : 0);
    return operand.shape === shape && operand.dtype === dtype ? part : `${part} as ${this.types.of(operand.shape, operand.dtype)}`;
  }
}

/** Numbers of types: of a shape and an element type. */
class TypeNumbers {
  private readonly byText = new Map<string, number>();
  /** Of the very same shapes, which most are that a reader of a file or a layer gives out. */
  private readonly known = new Map<Shape, Map<DType | undefined, number>>();

  of(shape: Shape, dtype: DType | undefined): number {
    let numbers = this.known.get(shape);
    if (numbers === undefined) this.known.set(shape, (numbers = new Map<DType | undefined, number>()));
    const known = numbers.get(dtype);
    if (known !== undefined) return known;
    const text = `${dtype ?? ""} ${shape.join()}`;
    const number = this.byText.get(text) ?? this.byText.size;
    this.byText.set(text, number);
    numbers.set(dtype, number);
    return number;
  }
}

function onlyOrigin(operand: Operand): Origin | undefined {
  return operand.kind === "constant" ? operand.origins.only : undefined;
}

/** Whether somebody knows the values of a constant, so that something may depend on them. */
function isAsked({ values }: Extract<Operand, { kind: "constant" }>): boolean {
  return !(values instanceof StoredValues) || values.asked;
}
