import { fail, type Place } from "../../graph/diagnostic.js";
import { isDType } from "../../graph/dtype.js";
import { BodyReader } from "./body.js";
import { readDocument, type Entry, type Item } from "./document.js";
import { parseExpression } from "./expression.js";
import { asExpression, asMap, asName, asTemplate, asText, asValue, fieldsOf, isLike } from "./fields.js";
import type { Argument, Binding, Block, Function, Network, NetworkInput, Output, Signature } from "./program.js";
import { part, type Snippet } from "./snippet.js";
import type { Value } from "./scope.js";

const KEYS = [
  "$schema",
  "name",
  "description",
  "source",
  "input",
  "inputs",
  "parameters",
  "variants",
  "let",
  "functions",
  "blocks",
  "layers",
  "outputs",
];

export interface ReadNetworkOptions {
  /** What the text is called in complaints: a file name. */
  readonly source?: string | undefined;
  /** `json` holds the text to JSON's syntax; YAML unless said, of which JSON is a part. */
  readonly syntax?: "yaml" | "json" | undefined;
}

/**
 * Reads a network file (YAML or JSON) without expanding it: its shape, its names and its expressions are checked, its layers are not.
 * @throws InputError with line and column: `bad-yaml`, `bad-json`, `unknown-key`, `bad-value`, `bad-expression`, `missing-key`
 */
export function readNetwork(text: string, options: ReadNetworkOptions = {}): Network {
  const source = options.source ?? "network";
  const root = asMap(readDocument(text, source, options.syntax ?? "yaml"), "a network file", "name:, input: and layers:");
  const fields = fieldsOf(root, KEYS, "a network file");
  const blockEntries = entriesOf(fields.get("blocks"), "blocks", "block(argument, ...): [layers]");
  const names = blockEntries.map((entry) => signatureOf(entry.keySnippet));
  const reader = new BodyReader(new Set(names.map(({ name }) => name)));
  const layers = fields.get("layers") ?? fail("missing-key", "this file has no `layers`", { place: root.place, expected: "layers: a list of them" });
  const parameters = valuesOf(fields.get("parameters"), "parameters");
  return {
    name: textOf(fields.get("name")) ?? source,
    description: textOf(fields.get("description")),
    source,
    inputs: inputsOf(fields, root.place),
    parameters,
    variants: variantsOf(fields.get("variants"), parameters),
    lets: bindingsOf(fields.get("let")),
    functions: entriesOf(fields.get("functions"), "functions", "name(argument, ...): expression").map(functionOf),
    blocks: new Map(blockEntries.map((entry, index) => blockOf(entry, names[index], reader))),
    layers: reader.body(layers.value),
    outputs: outputsOf(fields.get("outputs")),
  };
}

function textOf(entry: Entry | undefined): string | undefined {
  return entry === undefined ? undefined : asText(entry.value, `\`${entry.key}\``).value.trim();
}

function entriesOf(entry: Entry | undefined, what: string, example: string): readonly Entry[] {
  return entry === undefined || (entry.value.kind === "scalar" && entry.value.value === null)
    ? []
    : asMap(entry.value, `\`${what}\``, example).entries;
}

function valuesOf(entry: Entry | undefined, what: string): ReadonlyMap<string, Value> {
  return new Map(
    entriesOf(entry, what, "name: value").map(({ key, keySnippet, value }) => {
      if (key === "variant") fail("bad-name", "`variant` chooses among `variants`: no parameter can be called so", { place: keySnippet.place(0, 7) });
      return [asName(key, keySnippet.place(0, key.length)), asValue(value)];
    }),
  );
}

function variantsOf(entry: Entry | undefined, parameters: ReadonlyMap<string, Value>): Network["variants"] {
  return new Map(
    entriesOf(entry, "variants", "name: {parameter: value}").map(({ key, value }) => {
      const set = entriesOf({ key, keySnippet: entry?.keySnippet ?? empty(value.place), value }, key, "parameter: value");
      return [key, new Map(set.map((each) => variantValue(each, parameters)))];
    }),
  );
}

function empty(place: Place): Snippet {
  return { text: "", place: () => place };
}

function variantValue({ key, keySnippet, value }: Entry, parameters: ReadonlyMap<string, Value>): [string, Value] {
  const like = parameters.get(key);
  const place = keySnippet.place(0, key.length);
  if (like === undefined)
    return fail("unknown-parameter", `there is no parameter \`${key}\``, { place, expected: [...parameters.keys()].join(", ") });
  const read = asValue(value);
  if (!isLike(read, like)) fail("bad-value", `\`${key}\` is of another kind than its default`, { place: value.place });
  return [key, read];
}

function bindingsOf(entry: Entry | undefined): readonly Binding[] {
  return entriesOf(entry, "let", "name: expression").map(({ key, keySnippet, value }) => ({
    name: asName(key, keySnippet.place(0, key.length)),
    value: asExpression(value),
  }));
}

/** `name`, or `name(first, second=default)`. */
function signatureOf(snippet: Snippet): Signature {
  const { text } = snippet;
  const open = text.indexOf("(");
  const whole = snippet.place(0, text.length);
  if (open < 0) return { name: asName(text.trim(), whole), parameters: [], names: [] };
  if (!text.trimEnd().endsWith(")"))
    fail("unbalanced", "this bracket is never closed", { place: snippet.place(open, open + 1), expected: "name(argument, ...)" });
  const parameters: Argument[] = [];
  let at = open + 1;
  for (const written of topLevel(text.slice(open + 1, text.lastIndexOf(")")))) {
    const equals = written.indexOf("=");
    const name = asName((equals < 0 ? written : written.slice(0, equals)).trim(), snippet.place(at, at + written.length));
    if (parameters.some((argument) => argument.name === name))
      fail("bad-name", `\`${name}\` is named twice`, { place: snippet.place(at, at + written.length) });
    const otherwise = equals < 0 ? undefined : parseExpression(part(snippet, at + equals + 1, at + written.length));
    parameters.push({ name, otherwise });
    at += written.length + 1;
  }
  return { name: asName(text.slice(0, open).trim(), snippet.place(0, open)), parameters, names: parameters.map(({ name }) => name) };
}

function topLevel(text: string): readonly string[] {
  if (text.trim() === "") return [];
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
    else if (character === "," && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function functionOf({ keySnippet, value }: Entry): Function {
  return { ...signatureOf(keySnippet), body: asExpression(value) };
}

function blockOf(entry: Entry, signature: Signature | undefined, reader: BodyReader): [string, Block] {
  if (signature === undefined) throw new Error("every block has a signature");
  const { value } = entry;
  if (value.kind !== "map" || !value.entries.some(({ key }) => key === "let")) {
    return [signature.name, { ...signature, lets: [], body: reader.body(value) }];
  }
  const fields = fieldsOf(value, ["let", "layers"], "a block");
  const layers = fields.get("layers") ?? fail("missing-key", "this block has no `layers`", { place: value.place });
  return [signature.name, { ...signature, lets: bindingsOf(fields.get("let")), body: reader.body(layers.value) }];
}

function inputsOf(fields: ReadonlyMap<string, Entry>, place: Place): readonly NetworkInput[] {
  const [one, several] = [fields.get("input"), fields.get("inputs")];
  if (one !== undefined && several !== undefined)
    fail("bad-value", "a network has `input` or `inputs`, not both", { place: several.keySnippet.place(0, 6) });
  if (one !== undefined) return [inputOf("input", one.value)];
  const named = entriesOf(several, "inputs", "name: shape").map(({ key, value }) => inputOf(key, value));
  if (named.length > 0) return named;
  return fail("missing-key", "this file has no `input`", { place, expected: "input: [3, 224, 224], or inputs: with a shape for each name" });
}

function inputOf(name: string, value: Item): NetworkInput {
  if (value.kind !== "map") return { name, shape: shapeOf(value), place: value.place };
  const fields = fieldsOf(value, ["shape", "dtype"], "an input");
  const shape = fields.get("shape") ?? fail("missing-key", "this input has no `shape`", { place: value.place });
  const dtype = textOf(fields.get("dtype"));
  if (dtype !== undefined && !isDType(dtype))
    return fail("bad-value", `there is no element type ${dtype}`, { place: value.place, expected: "float32, int8, int64, ..." });
  return { name, shape: shapeOf(shape.value), dtype, place: shape.value.place };
}

function shapeOf(item: Item): NetworkInput["shape"] {
  return item.kind === "list" ? asExpression(item) : asTemplate(item, "a shape");
}

function outputsOf(entry: Entry | undefined): readonly Output[] {
  if (entry === undefined) return [];
  const { value } = entry;
  if (value.kind === "map") return value.entries.map((each) => ({ name: each.key, tap: asTemplate(each.value, "an output") }));
  const items = value.kind === "list" ? value.items : [value];
  return items.map((item) => ({ name: asText(item, "an output").value, tap: asTemplate(item, "an output") }));
}
