import type { Wrong } from "./case.js";

const line = (code: string, stdin: string | readonly (string | Uint8Array)[], says: string): Wrong => ({
  code,
  argv: ["batch"],
  says,
  setting: { stdin },
  told: "record",
});
const key = (name: string, value: unknown, says: string) => line("bad-request", JSON.stringify({ spec: "conv 3x3 3->8 @8x8", [name]: value }), says);

/** Lines of a batch that are no requests, and what each key takes. */
export const BATCHES: readonly Wrong[] = [
  line("too-deep", `{"source": "zoo:ds_cnn", "set": {"a": ${"[".repeat(25_000)}${"]".repeat(25_000)}}}`, "this line is nested too deeply"),
  line("bad-json", "{bad", "this line is not JSON: "),
  line("line-too-long", `"${"x".repeat(16 * 1024 * 1024)}"`, "this line is longer than 16 MiB"),
  line("not-utf8", [Uint8Array.of(0x22, 0xff, 0x22)], "this line is not UTF-8"),
  line("bad-request", "[1]", "a request is an object or a string, and this is a list"),
  line("bad-request", "5", "a request is an object or a string, and this is 5"),
  line("bad-request", "{}", "the request says neither spec nor source"),
  line("bad-request", '{"spec": "relu", "source": "zoo:vgg16"}', "spec and source are two models"),
  line("unknown-key", '{"spce": "relu"}', 'a request has no key "spce"'),
  line("no-stdin", '"-"', "standard input has the requests, and is no model"),
  line("empty-spec", '{"spec": []}', "no layer is given"),
  line("several-models", '{"spec": ["Net(\\n  (a): ReLU()\\n)", "relu"]}', "a printed model is one by itself"),
  key("spec", 5, '"spec" cannot be 5'),
  line("bad-request", '{"source": [1]}', '"source" cannot be [1]'),
  key("input", [1.5], '"input" cannot be [1.5]'),
  key("batch", 0, '"batch" cannot be 0'),
  key("dims", { seq: "a" }, '"dims" cannot be {"seq":"a"}'),
  key("set", 5, '"set" cannot be 5'),
  key("dtype", "real", '"dtype" cannot be "real"'),
  key("layout", "chw", '"layout" cannot be "chw"'),
  key("convention", 5, '"convention" cannot be 5'),
  key("layers", "yes", '"layers" cannot be "yes"'),
  {
    code: "unreadable-file",
    argv: ["batch", "none.jsonl"],
    says: "none.jsonl: this file cannot be read (ENOENT)\nexpected: a file of requests, a JSON value a line\n",
  },
];
