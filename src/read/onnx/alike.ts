import type { Primitive, Stored } from "../../graph/layer.js";
import type { Ledger } from "./ledger.js";
import type { NodeFacts, Operand } from "./operand.js";
import type { Tensor } from "./rows.js";
import type { Attributes } from "./schema.js";
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
interface Recipe {
  readonly layer: Primitive;
  readonly reads: readonly number[];
  readonly storings: readonly { readonly operands: readonly number[]; readonly role: Stored["role"]; readonly always: boolean }[];
  /** Which of the tensors that are stored is which of the layer's. */
  readonly named: readonly number[];
}

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
  private readonly recipes = new Map<string, Recipe>();
  private readonly numbers = new Map<Attributes, number>();

  constructor(private readonly ledger: Ledger) {}

  /**
   * What decides about a node, as a text. Nothing where a rule may see more than the shapes of its inputs: values that are known already,
   * sequences, what was computed from weights.
   */
  keyOf({ op, domain, opset, attributes, inputs, outputs, scores, times }: NodeFacts): string | undefined {
    if (inputs.length > MAX_INPUTS) return undefined;
    let key = `${domain}:${op}:${opset}:${this.numberOf(attributes)}:${outputs}:${scores}:${times}`;
    let index = 0;
    for (const operand of inputs) {
      const read = this.textOf(operand, index, inputs);
      if (read === undefined) return undefined;
      key += `;${read}`;
      index += 1;
    }
    return key;
  }

  /** Does again with a node's inputs what was done with those of one like it. */
  repeat(key: string, { inputs, scores }: NodeFacts): Repeated | undefined {
    const recipe = this.recipes.get(key);
    if (recipe === undefined) return undefined;
    const made = recipe.storings.flatMap(({ operands, role, always }) =>
      storedBy(
        this.ledger,
        operands.map((place) => inputs[place]),
        { role, always, scores },
      ),
    );
    const storedNames = made.length === 0 ? undefined : recipe.named.map((place) => made[place]?.name ?? "");
    const reads = recipe.reads.flatMap((place) => tensorAt(inputs, place));
    return { layer: recipe.layer, reads, storedNames };
  }

  /** Remembers what was made of a node, unless it was made of more than its inputs as they stand. */
  learn(key: string, inputs: readonly Operand[], { layer, reads, storings, stored }: Made): void {
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
    if (places.every((place) => place >= 0) && new Set(made).size === made.length) this.recipes.set(key, recipe);
  }

  private numberOf(attributes: Attributes): number {
    if (attributes.size === 0) return 0;
    const known = this.numbers.get(attributes);
    if (known !== undefined) return known;
    this.numbers.set(attributes, this.numbers.size + 1);
    return this.numbers.size;
  }

  private textOf(operand: Operand, index: number, inputs: readonly Operand[]): string | undefined {
    if (operand.kind === "none") return "";
    if (operand.kind === "tensor") {
      const same = inputs.indexOf(operand);
      return same < index ? `=${same}` : `${operand.value.dtype ?? ""} ${operand.value.shape.join()}`;
    }
    const [origin, ...more] = operand.kind === "constant" ? operand.origins : [];
    if (operand.kind !== "constant" || origin === undefined || more.length > 0 || isAsked(operand)) return undefined;
    const same = inputs.findIndex((other) => other.kind === "constant" && other.origins[0] === origin);
    const { held, role = "", quantised = false, dtype = "", shape } = origin;
    const state = same < index ? `=${same}` : this.ledger.isClaimed(origin);
    const own = operand.shape === shape && operand.dtype === origin.dtype ? "" : `${operand.dtype ?? ""} ${operand.shape.join()}`;
    return `${held} ${role} ${quantised} ${state} ${dtype} ${shape.join()} ${own}`;
  }
}

function tensorAt(inputs: readonly Operand[], place: number): readonly Tensor[] {
  const operand = inputs[place];
  return operand?.kind === "tensor" ? [operand] : [];
}

/** Whether somebody knows the values of a constant, so that something may depend on them. */
function isAsked({ values }: Extract<Operand, { kind: "constant" }>): boolean {
  return !(values instanceof StoredValues) || values.asked;
}
