/** What layers can be folded by. */
export const GROUPINGS = ["module", "op", "kind"] as const;
export type Grouping = (typeof GROUPINGS)[number];
