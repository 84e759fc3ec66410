import type { Wrong } from "./case.js";

const row = (code: string, argv: readonly string[], says: string): Wrong => ({ code, argv, says });

/** Conventions that there are none of, and rules that are asked for beside a model. */
export const CONVENTIONS: readonly Wrong[] = [
  row("unknown-convention", ["conventions", "--explain", "flops"], "--explain: there is no convention 'flops'\nexpected: convcost, paper, thop,"),
  row(
    "contradicting-flags",
    ["conventions", "zoo:vgg16", "--explain", "thop"],
    "--explain: this prints the rules of a convention, and a model is given besides\nexpected: one of the two\nhint: convcost count zoo:vgg16 --convention thop counts it so\n",
  ),
  row(
    "contradicting-flags",
    ["conventions", "--explain", "thop", "--format", "csv"],
    "this is no table for CSV\nexpected: --format table, json or markdown\n",
  ),
];
