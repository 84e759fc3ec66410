import type { Tree } from "../read/network/tree.js";

/**
 * The zoo's network files as they were parsed by the build (scripts/zoo-trees.mjs), which puts them in place of this: the command then starts
 * without a YAML parser. None here: a file is parsed when it is read.
 */
export const trees: Readonly<Record<string, () => Tree>> = {};
