import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Layer } from "../../graph/layer.js";
import type { Literal } from "../../ops/args.js";
import type { CallEntry } from "../../ops/entry.js";
import { builtKeras } from "../../ops/keras-layer.js";
import { bindArguments, type WrittenArguments } from "./binding.js";
import { callNames, type CallEntries, type Catalog, type Framework } from "./catalog.js";
import { closest } from "./closest.js";
import type { Cursor } from "./cursor.js";
import { readLiteral, unclosed } from "./literal.js";

const CALLEE = /[A-Za-z_][\w.]*/y;
const CHILD = /\(([\w.]+)\)\s*:\s*/y;
const KEYWORD = /([A-Za-z_]\w*)\s*=(?!=)\s*/y;

/** A call as written: `nn.Conv2d(3, 8, kernel_size=3)` or a module as `print` shows it. */
export interface WrittenCall extends WrittenArguments {
  readonly prefix: string;
  readonly name: string;
  readonly place: Place;
  /** Place of the name alone, for complaints about it. */
  readonly namePlace: Place;
}

/** Reads a call at the cursor, its arguments still unbound. */
export function readCall(cursor: Cursor, catalog: Catalog, depth: number): WrittenCall {
  const start = cursor.position;
  const dotted = cursor.take(CALLEE)?.[0] ?? "";
  const namePlace = cursor.place(start);
  cursor.skip(true);
  const open = cursor.position;
  cursor.takeIf("(");
  const written = readArguments(cursor, catalog, depth, open);
  const dot = dotted.lastIndexOf(".");
  return { prefix: dotted.slice(0, Math.max(dot, 0)), name: dotted.slice(dot + 1), ...written, place: cursor.place(start), namePlace };
}

function readArguments(cursor: Cursor, catalog: Catalog, depth: number, open: number): WrittenArguments {
  const positional: Literal[] = [];
  const named: { name: string; value: Literal; place: Place }[] = [];
  const children: { name: string; layer: Layer }[] = [];
  const nested = (inner: number) => {
    const call = readCall(cursor, catalog, inner);
    return { name: call.name, layer: isHelper(call, catalog) ? undefined : layerOf(call, catalog) };
  };
  for (;;) {
    cursor.skip(true);
    if (cursor.takeIf(")")) return { positional, named, children };
    if (cursor.done) unclosed(cursor, open, ")");
    const start = cursor.position;
    const child = cursor.take(CHILD)?.[1];
    const keyword = child === undefined ? cursor.take(KEYWORD)?.[1] : undefined;
    const keywordEnd = cursor.position;
    const value = readLiteral(cursor, depth, nested);
    if (child !== undefined) {
      if (value.kind !== "layer") cursor.fail("bad-value", `(${child}) is not a layer`, start, { expected: "a layer" });
      children.push({ name: child, layer: value.layer });
    } else if (keyword !== undefined) {
      named.push({ name: keyword, value, place: cursor.place(start, start + keyword.length) });
    } else {
      if (named.length > 0)
        cursor.fail("positional-after-keyword", "a positional argument follows a named one", keywordEnd, {
          expected: "a name before it, as in `padding=1`",
        });
      positional.push(value);
    }
    cursor.skip(true);
    // A printed module puts its children on lines of their own, without commas.
    if (!cursor.takeIf(",") && cursor.next !== ")" && child === undefined && !cursor.sees(CHILD)) unclosed(cursor, open, ")");
  }
}

const HELPERS = new Set(["regularizers", "initializers", "constraints"]);

/** A call that makes no layer but configures one: `regularizers.l2(0.01)`, `keras.initializers.HeNormal()`. */
function isHelper({ prefix, name }: WrittenCall, catalog: Catalog): boolean {
  if (prefix.split(".").some((segment) => HELPERS.has(segment))) return true;
  return prefix === "" && !catalog.calls.has(name);
}

/** Which framework's entry a call means, and the layer it makes. Throws `unknown-layer` with the nearest name. */
export function layerOf(call: WrittenCall, catalog: Catalog): Layer {
  const { torch, keras } = candidates(call, catalog);
  const { saved = false } = catalog;
  if (torch !== undefined && keras !== undefined) return eitherOf(call, torch, keras, saved);
  const entry = torch ?? keras;
  if (entry === undefined) return unknownLayer(call, catalog);
  return build(call, entry, saved, entry === keras);
}

/** The frameworks that a call may mean: by its prefix, or both where it has none. Throws `other-framework` where the prefix is of neither. */
function candidates(call: WrittenCall, catalog: Catalog): CallEntries {
  const framework = frameworkOf(call);
  const entries = catalog.calls.get(call.name) ?? {};
  return framework === undefined ? entries : { [framework]: entries[framework] };
}

/** Prefixes of layers, as modules are imported and renamed. */
const PREFIXES: readonly (readonly [Framework, RegExp])[] = [
  // torch.nn, nn, torch.nn.modules.conv, torch.ao.nn.qat, torch.nn.functional, F; torchvision.ops, torchvision.ops.misc, ops
  ["torch", /^(torch|(torch\.)?(ao\.)?nn(\.\w+)*|(torch\.nn\.)?F|(torchvision\.)?ops(\.misc)?|torchvision(\.\w+)*)$/],
  // keras.layers, tf.keras.layers, tensorflow.keras.layers.experimental, keras.src.layers.convolutional, tf_keras.layers, layers, tfl, tfkl, kl, L
  ["keras", /^(((tf|tensorflow)\.)?(python\.)?(keras|tf_keras|keras_core|K)(\.\w+)*|layers(\.\w+)*|tf|(tf|tensorflow)\.layers|tfl|tfkl|kl|L)$/i],
];

function frameworkOf({ prefix, name, namePlace }: WrittenCall): Framework | undefined {
  if (prefix === "") return undefined;
  const [framework] = PREFIXES.find(([, pattern]) => pattern.test(prefix)) ?? [];
  return (
    framework ??
    fail("other-framework", `${prefix} is not known here: a ${name} of another library may have other defaults`, {
      place: namePlace,
      expected: "torch.nn, nn or torchvision.ops of PyTorch, keras.layers, tf.keras.layers or layers of Keras, or no prefix",
      hint: "write it as a layer of PyTorch or Keras where its arguments mean the same",
    })
  );
}

/** A name that both have, without a prefix: PyTorch's where its signature takes what is written, Keras's otherwise. */
function eitherOf(call: WrittenCall, torch: CallEntry, keras: CallEntry, saved: boolean): Layer {
  try {
    bindArguments(call.name, torch, call, call.place);
  } catch (error) {
    if (!(error instanceof InputError) || !binds(call, keras)) throw error;
    return build(call, keras, saved, true);
  }
  return build(call, torch, saved, false);
}

function binds(call: WrittenCall, entry: CallEntry): boolean {
  try {
    bindArguments(call.name, entry, call, call.place);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function build(call: WrittenCall, entry: CallEntry, saved: boolean, isKeras: boolean): Layer {
  try {
    const args = bindArguments(call.name, entry, call, call.place, saved);
    return isKeras ? builtKeras(entry, args) : entry.build(args);
  } catch (error) {
    throw error instanceof InputError ? error.at(call.place) : error;
  }
}

function unknownLayer(call: WrittenCall, catalog: Catalog): never {
  const framework = frameworkOf(call);
  const names = framework === undefined ? callNames(catalog) : callNames(catalog, [framework]);
  const elsewhere = framework === undefined ? undefined : catalog.calls.get(call.name);
  const near = closest(call.name, names);
  const where = framework === "torch" ? "PyTorch's torch.nn" : framework === "keras" ? "Keras's layers" : "PyTorch or Keras";
  return fail("unknown-layer", `${where} has no layer ${call.name} that is known here`, {
    place: call.namePlace,
    hint:
      near !== undefined
        ? `did you mean \`${near}\`?`
        : elsewhere !== undefined
          ? `${call.name} is ${framework === "torch" ? "Keras's" : "PyTorch's"}`
          : "`convcost count --help` shows the notations",
  });
}
