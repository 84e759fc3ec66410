/**
 * What a program of loops and branches costs in multiply-adds: "said" where it cannot run or depends on the data, so that a result has to say so; "free"
 * where any answer is right.
 */
export type Expected = bigint | "said" | "free";

/** How often something runs. */
export type Runs = Expected;

/** One after the other. */
export function both(a: Expected, b: Expected): Expected {
  if (a === "free" || b === "free") return "free";
  if (a === "said" || b === "said") return "said";
  return a + b;
}

/** Again and again; what never runs may be refused for what is wrong in it. */
export function times(runs: Runs, body: Expected): Expected {
  if (typeof runs === "bigint" && typeof body === "bigint") return runs * body;
  if (runs === "free" || body === "free" || runs === 0n) return "free";
  return "said";
}

/** The costlier one of two branches; one that cannot run is not taken. */
export function dearer(a: Expected, b: Expected): Expected {
  if (typeof a !== "bigint" || typeof b !== "bigint") return "free";
  return a > b ? a : b;
}

/** The branch that is taken: the other may be refused for what is wrong in it. */
export function taken(branch: Expected, other: Expected): Expected {
  return typeof other === "bigint" ? branch : typeof branch === "bigint" ? "free" : branch;
}
