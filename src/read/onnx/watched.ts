import type { Stored } from "../../graph/layer.js";
import type { Ledger } from "./ledger.js";
import type { NodeFacts, OnnxNode, Operand } from "./operand.js";
import { storedBy } from "./weights.js";

/** Weights that a rule stored for its node. */
export interface Storing {
  readonly operands: readonly (Operand | undefined)[];
  readonly role: Stored["role"];
  readonly always: boolean;
  readonly made: readonly Stored[];
}

/** A node for its rule, and what the rule did with it. */
export interface Watched {
  readonly node: OnnxNode;
  readonly storings: readonly Storing[];
  /** Whether it did more than read what the node says and store weights. */
  readonly didMore: () => boolean;
}

/** Watches what a rule does with a node: its weights go to the ledger, everything else is done by what `node` has for it, and noted. */
export function watched(
  facts: NodeFacts,
  ledger: Ledger,
  { bodies, written, writtenDtype, warn }: Pick<OnnxNode, "bodies" | "written" | "writtenDtype" | "warn">,
): Watched {
  const storings: Storing[] = [];
  let more = false;
  const note = () => {
    more = true;
  };
  const storing =
    (always: boolean) =>
    (operands: readonly (Operand | undefined)[], role: Stored["role"] = "parameter") => {
      const made = storedBy(ledger, operands, { role, always, scores: facts.scores });
      storings.push({ operands, role, always, made });
      return made;
    };
  const noting =
    <A extends readonly unknown[], R>(use: (...given: A) => R) =>
    (...given: A): R => {
      note();
      return use(...given);
    };
  const node: OnnxNode = {
    ...facts,
    store: storing(false),
    weights: storing(true),
    bodies: noted(bodies, note),
    written: noting(written),
    writtenDtype: noting(writtenDtype),
    warn: noting(warn),
  };
  return { node, storings, didMore: () => more };
}

/** The same object, of which every use is noted. */
function noted<T extends object>(target: T, note: () => void): T {
  return new Proxy(target, {
    get: (of, name): unknown => {
      note();
      return Reflect.get(of, name);
    },
  });
}
