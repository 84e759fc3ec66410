import type { Layout } from "../../graph/layout.js";
import { InputError, type Place } from "../../graph/diagnostic.js";
import type { Layer } from "../../graph/layer.js";
import type { Literal } from "../../ops/args.js";
import { bindArguments } from "./binding.js";
import { layerOf, readCall, type WrittenCall } from "./call.js";
import type { Catalog } from "./catalog.js";
import { Cursor } from "./cursor.js";
import { readShorthand, type ShorthandLayer } from "./shorthand.js";

/** One layer as written, or the input that a Keras spec names. */
export type Statement =
  | {
      readonly kind: "layer";
      readonly name?: string | undefined;
      readonly layer: Layer;
      readonly at?: readonly number[] | undefined;
      readonly place: Place;
    }
  | { readonly kind: "input"; readonly shape: readonly number[]; readonly order: Layout; readonly place: Place };

/** More layers than this are refused before they are made. */
export const MAX_LAYERS = 100_000;
const MAX_DEPTH = 64;

const CALL = /[A-Za-z_][\w.]*[ \t]*\(/y;
const REPEAT = /(\d+)\s*[*×x]\s*\(/y;
const ASSIGNMENT = /(?:self\.)?([A-Za-z_][\w.]*)\s*=(?!=)\s*(?=[A-Za-z_][\w.]*\s*\()/y;
const CHILD = /\(([\w.-]+)\)\s*:\s*(?:(\d+)\s*x\s+)?/y;
/** All of a statement in shorthand, where no comment is in it. */
const SHORTHAND = /[^;,\n()#]*/y;
const CONTAINERS = new Set(["Sequential", "ModuleList"]);

/**
 * Reads layers in any of the notations, separated by `;`, commas or line ends. Throws `empty-spec`, `too-many-layers`, and whatever a
 * notation finds wrong, with its place.
 */
export function readStatements(text: string, source: string, catalog: Catalog): readonly Statement[] {
  const cursor = new Cursor(text.replace(/^\uFEFF/, ""), source);
  const statements = readSequence(cursor, catalog, "", 0);
  if (!cursor.done) cursor.fail("unbalanced", "this bracket was never opened", cursor.position, { expected: "a layer, `;` or the end" });
  if (statements.length === 0)
    cursor.fail("empty-spec", "there is no layer here", 0, { expected: "at least one layer", hint: "for example `conv 3x3 64->128 @56x56`" });
  return statements;
}

function readSequence(cursor: Cursor, catalog: Catalog, close: string, depth: number): readonly Statement[] {
  const statements: Statement[] = [];
  for (;;) {
    skipSeparators(cursor);
    if (cursor.done || cursor.next === ")") return statements;
    appendAll(cursor, statements, readItem(cursor, catalog, depth));
    requireEnd(cursor, close);
  }
}

function skipSeparators(cursor: Cursor): void {
  do cursor.skip(true);
  while (cursor.takeIf(";") || cursor.takeIf(","));
}

function requireEnd(cursor: Cursor, close: string): void {
  cursor.skip(false);
  if (cursor.done || [";", ",", "\n"].includes(cursor.next) || (close !== "" && cursor.next === close)) return;
  const start = cursor.position;
  if (cursor.next === ")") cursor.fail("unbalanced", "this bracket was never opened", start, { expected: "`;`, a new line or the end" });
  cursor.fail("unexpected-text", "this does not belong to the layer before it", start, {
    expected: "`;`, a new line or the end",
    hint: "layers are separated by `;` or new lines",
  });
}

function appendAll(cursor: Cursor, statements: Statement[], more: readonly Statement[]): void {
  if (statements.length + more.length > MAX_LAYERS) tooMany(cursor, cursor.position);
  for (const statement of more) statements.push(statement);
}

function tooMany(cursor: Cursor, start: number): never {
  return cursor.fail("too-many-layers", `this expands to more than ${MAX_LAYERS} layers`, start, { expected: `at most ${MAX_LAYERS} layers` });
}

function readItem(cursor: Cursor, catalog: Catalog, depth: number): readonly Statement[] {
  const start = cursor.position;
  if (depth > MAX_DEPTH) cursor.fail("too-deep", `brackets are nested more than ${MAX_DEPTH} deep`, start);
  const repeat = cursor.take(REPEAT);
  if (repeat !== undefined) return readRepeat(cursor, catalog, Number(repeat[1]), start, depth);
  const child = cursor.take(CHILD);
  const name = child?.[1] ?? cursor.take(ASSIGNMENT)?.[1];
  if (child?.[2] !== undefined) return repeated(cursor, readNamed(cursor, catalog, name, depth), Number(child[2]), start);
  return readNamed(cursor, catalog, name, depth);
}

function readRepeat(cursor: Cursor, catalog: Catalog, times: number, start: number, depth: number): readonly Statement[] {
  const open = cursor.position - 1;
  const body = readSequence(cursor, catalog, ")", depth + 1);
  if (!cursor.takeIf(")")) {
    cursor.position = open + 1;
    cursor.fail("unbalanced", "this bracket is never closed", open, { expected: "a `)`" });
  }
  if (body.length === 0) cursor.fail("empty-spec", "there is no layer in this repeat", start, { expected: "at least one layer" });
  return repeated(cursor, body, times, start);
}

function repeated(cursor: Cursor, body: readonly Statement[], times: number, start: number): readonly Statement[] {
  if (times < 1) cursor.fail("bad-size", "a repeat of 0 makes no layer", start, { expected: "1 or more" });
  if (times * body.length > MAX_LAYERS) tooMany(cursor, start);
  const named = (statement: Statement, round: number): Statement =>
    statement.kind === "layer" && statement.name !== undefined ? { ...statement, name: `${statement.name}.${round}` } : statement;
  return Array.from({ length: times }, (_, round) => body.map((statement) => (times === 1 ? statement : named(statement, round)))).flat();
}

function readNamed(cursor: Cursor, catalog: Catalog, name: string | undefined, depth: number): readonly Statement[] {
  const start = cursor.position;
  if (!cursor.sees(CALL)) {
    const layer = shorthandLayer(cursor, catalog);
    return [{ kind: "layer", name, ...layer, place: cursor.place(start) }];
  }
  if (isContainer(cursor)) return readContainer(cursor, catalog, name, depth);
  const call = readCall(cursor, catalog, 0);
  const input = kerasInput(call);
  if (input !== undefined && isInputLayer(call)) return [input];
  const layer: Statement = { kind: "layer", name, layer: layerOf(call, catalog), place: call.place };
  return input === undefined ? [layer] : [input, layer];
}

/** A layer in shorthand; of a text that comes again, the same object: what is known of it need not be worked out twice. */
function shorthandLayer(cursor: Cursor, catalog: Catalog): ShorthandLayer {
  const start = cursor.position;
  const text = cursor.take(SHORTHAND)?.[0] ?? "";
  const known = cursor.layers.get(text);
  if (known !== undefined) return known;
  cursor.position = start;
  const layer = readShorthand(cursor, catalog);
  if (cursor.position === start + text.length) cursor.layers.set(text, layer);
  return layer;
}

function isContainer(cursor: Cursor): boolean {
  const start = cursor.position;
  const callee = cursor.take(CALL)?.[0].slice(0, -1).trim() ?? "";
  cursor.position = start;
  return CONTAINERS.has(callee.slice(callee.lastIndexOf(".") + 1));
}

/** `nn.Sequential(a, b)`, `keras.Sequential([a, b])`, or the tree that `print` shows: its layers, one after the other. */
function readContainer(cursor: Cursor, catalog: Catalog, name: string | undefined, depth: number): readonly Statement[] {
  cursor.take(CALL);
  const open = cursor.position - 1;
  cursor.skip(true);
  const list = cursor.takeIf("[");
  const body = readList(cursor, catalog, list ? "]" : ")", depth + 1);
  if (list) {
    if (!cursor.takeIf("]")) return unclosedAt(cursor, open, "]");
    cursor.skip(true);
    cursor.takeIf(",");
    // `name="model"` and its like say nothing about the layers.
    cursor.skip(true);
    cursor.take(/name\s*=\s*(?:"[^"]*"|'[^']*')\s*,?\s*/y);
  }
  cursor.skip(true);
  if (!cursor.takeIf(")")) return unclosedAt(cursor, open, ")");
  return body.map((statement, index) => prefixed(statement, name, index));
}

function unclosedAt(cursor: Cursor, open: number, close: string): never {
  if (cursor.done) cursor.position = open + 1;
  return cursor.fail("unbalanced", "this bracket is never closed", cursor.done ? cursor.position : open, { expected: `a \`${close}\`` });
}

function readList(cursor: Cursor, catalog: Catalog, close: string, depth: number): readonly Statement[] {
  const statements: Statement[] = [];
  for (;;) {
    cursor.skip(true);
    if (cursor.done || cursor.next === close) return statements;
    appendAll(cursor, statements, readItem(cursor, catalog, depth));
    cursor.skip(true);
    cursor.takeIf(",");
  }
}

function prefixed(statement: Statement, prefix: string | undefined, index: number): Statement {
  if (prefix === undefined || statement.kind !== "layer") return statement;
  return { ...statement, name: `${prefix}.${statement.name ?? index}` };
}

const INPUT_LAYERS = new Set(["Input", "InputLayer"]);
const INPUT_ENTRY = {
  names: ["Input"],
  signature:
    "shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, name=None, tensor=None, optional=False, input_shape=None, batch_input_shape=None, ragged=None",
  build: () => {
    throw new Error("an input is no layer");
  },
};

function isInputLayer(call: WrittenCall): boolean {
  return INPUT_LAYERS.has(call.name);
}

/**
 * The input that a Keras spec carries: `layers.Input(shape=(32, 32, 3))`, or `input_shape=` of its first layer. Keras writes it without the
 * batch, and channels last unless `data_format` says otherwise.
 */
function kerasInput(call: WrittenCall): Statement | undefined {
  const argument = isInputLayer(call) ? inputArgument(call) : call.named.find(({ name }) => name === "input_shape" || name === "batch_input_shape");
  if (argument === undefined) return undefined;
  const { value } = argument;
  const sizes = kerasShape(value);
  const batched = argument.name === "batch_shape" || argument.name === "batch_input_shape" ? sizes : [1, ...sizes];
  return { kind: "input", shape: batched, order: isChannelsFirst(call) ? "nchw" : "nhwc", place: value.place };
}

function inputArgument(call: WrittenCall) {
  const args = bindArguments(call.name, INPUT_ENTRY, call, call.place);
  const name = ["shape", "input_shape", "batch_shape", "batch_input_shape"].find((candidate) => !args.isNone(candidate));
  return name === undefined ? undefined : { name, value: args.value(name) };
}

function kerasShape(value: Literal): readonly number[] {
  const items = value.kind === "tuple" ? value.items : [value];
  return items.map((item, index) => {
    if (item.kind === "number" && item.integer && item.value >= 1) return item.value;
    if (item.kind === "none" && index === 0) return 1;
    throw new InputError({ code: "bad-size", message: "this is not a size", place: item.place, expected: "whole numbers, as in (32, 32, 3)" });
  });
}

function isChannelsFirst(call: WrittenCall): boolean {
  const format = call.named.find(({ name }) => name === "data_format")?.value;
  return format?.kind === "string" && format.value === "channels_first";
}
