import { strToU8 } from "fflate";
import { SAVED } from "../structure/edited.js";
import { files, joined, list, type Many } from "./of.js";

const NET = strToU8("parameters: { a: 1 }\ninput: [4]\nlayers: linear {4 * a}\n");

/** Arguments, requests, configs and saved analyses. */
export const COMMAND_PARTS: readonly Many[] = [
  { what: "flags", most: 30_000, make: (count) => files({ "n.yaml": NET }, "!count", "n.yaml", ...list(count, () => ["--set", "a=2"]).flat()) },
  { what: "sources", most: 500, make: (count) => files({ "n.yaml": NET }, "!compare", ...list(count, () => "n.yaml")) },
  {
    what: "columns",
    most: 100_000,
    make: (count) =>
      files(
        { "n.yaml": NET },
        "!count",
        "n.yaml",
        "--columns",
        joined(count, () => "macs", ","),
      ),
  },
  {
    what: "axes of an input",
    most: 300_000,
    make: (count) =>
      files(
        { "n.yaml": NET },
        "!count",
        "n.yaml",
        "--input",
        joined(count, () => "1", "x"),
      ),
  },
  {
    what: "terms of a filter",
    most: 100_000,
    make: (count) =>
      files(
        { "n.yaml": NET },
        "!sweep",
        "n.yaml",
        "--set",
        "a=1,2",
        "--where",
        joined(count, () => "macs", " + "),
      ),
  },
  { what: "digits of a budget", most: 1_000_000, make: (count) => files({ "n.yaml": NET }, "!check", "n.yaml", "--max-macs", "9".repeat(count)) },
  {
    what: "lines of a batch",
    most: 15_000,
    make: (count) => files({ "r.jsonl": strToU8(joined(count, () => '{"spec": "relu", "input": "4"}')) }, "!batch", "r.jsonl"),
  },
  {
    what: "keys of a request",
    most: 60_000,
    make: (count) => files({ "r.jsonl": strToU8(`{"spec": "relu", "id": {${joined(count, (at) => `"k${at}": 1`, ",")}}}`) }, "!batch", "r.jsonl"),
  },
  {
    what: "layers of a request",
    most: 100_000,
    make: (count) => files({ "r.jsonl": strToU8(JSON.stringify({ spec: list(count, () => "relu"), input: "4" })) }, "!batch", "r.jsonl"),
  },
  {
    what: "nested lists of a request",
    most: 300_000,
    make: (count) => files({ "r.jsonl": strToU8(`{"spec": "relu", "set": {"a": ${"[".repeat(count)}${"]".repeat(count)}}}`) }, "!batch", "r.jsonl"),
  },
  {
    what: "models of a config",
    most: 3000,
    make: (count) =>
      files(
        { "n.yaml": NET, "c.yaml": strToU8(`models:\n${joined(count, (at) => `  - { source: n.yaml, name: m${at}, budgets: { macs: 1G } }`)}\n`) },
        "!check",
        "-c",
        "c.yaml",
      ),
  },
  {
    what: "warnings of a saved analysis",
    most: 60_000,
    make: (count) =>
      files(
        { "a.json": strToU8((SAVED[0] ?? "").replace(/"warnings": ?\[\]/, `"warnings": [${joined(count, () => '"w"', ",")}]`)) },
        "!check",
        "a.json",
        "--max-macs",
        "1G",
      ),
  },
];
