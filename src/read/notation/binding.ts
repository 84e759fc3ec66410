import { closest } from "./closest.js";
import type { Place } from "../../graph/diagnostic.js";
import { fail } from "../../graph/diagnostic.js";
import type { Layer } from "../../graph/layer.js";
import { Args, type Literal } from "../../ops/args.js";
import type { CallEntry } from "../../ops/entry.js";
import { Cursor } from "./cursor.js";
import { readLiteral } from "./literal.js";

/** The arguments of a call as written, before a signature gives them names. */
export interface WrittenArguments {
  readonly positional: readonly Literal[];
  readonly named: readonly { readonly name: string; readonly value: Literal; readonly place: Place }[];
  /** `(out_proj): Linear(...)` lines of a printed module. */
  readonly children: readonly { readonly name: string; readonly layer: Layer }[];
}

export interface Parameter {
  readonly name: string;
  readonly fallback: Literal | undefined;
}

function badSignature(signature: string): never {
  throw new Error(`bad signature: ${signature}`);
}

/** Reads `in_channels, out_channels, stride=1`, the framework's own signature. A malformed one is a bug of ours. */
export function readSignature(signature: string): readonly Parameter[] {
  const cursor = new Cursor(signature, "signature");
  const parameters: Parameter[] = [];
  while (!cursor.done) {
    const name = cursor.take(/[A-Za-z_]\w*/y)?.[0];
    if (name === undefined) badSignature(signature);
    const fallback = cursor.takeIf("=") ? readLiteral(cursor, 0, () => badSignature(signature)) : undefined;
    parameters.push({ name, fallback });
    cursor.takeIf(",");
    cursor.skip(true);
  }
  return parameters;
}

/**
 * Gives each argument its name and fills in defaults, as Python does. Throws `unknown-argument` (with the nearest name), `too-many-arguments`,
 * `repeated-argument`, `missing-argument`.
 */
export function bindArguments(
  callee: string,
  entry: CallEntry,
  written: WrittenArguments,
  place: Place,
  saved = false,
  parameters: readonly Parameter[] = readSignature(entry.signature),
): Args {
  const values = new Map<string, Literal>();
  written.positional.forEach((value, index) => {
    const parameter = parameters[index];
    if (parameter === undefined) {
      return fail("too-many-arguments", `${callee} takes at most ${parameters.length} arguments`, { place: value.place, expected: entry.signature });
    }
    values.set(parameter.name, value);
  });
  for (const { name, value, place: at } of written.named) {
    if (!parameters.some((parameter) => parameter.name === name)) unknownArgument(callee, name, parameters, at);
    if (values.has(name)) fail("repeated-argument", `${name} of ${callee} is given twice`, { place: at });
    values.set(name, value);
  }
  const given = new Set(values.keys());
  for (const { name, fallback } of parameters) {
    if (values.has(name)) continue;
    if (fallback === undefined) missingArgument(callee, name, entry, place);
    values.set(name, { ...fallback, place });
  }
  return new Args(callee, place, values, given, written.children, saved);
}

function unknownArgument(callee: string, name: string, parameters: readonly Parameter[], place: Place): never {
  const names = parameters.map((parameter) => parameter.name);
  const near = closest(name, names);
  return fail("unknown-argument", `${callee} has no argument ${name}`, {
    place,
    expected: names.slice(0, 12).join(", "),
    hint: near === undefined ? undefined : `did you mean \`${near}\`?`,
  });
}

function missingArgument(callee: string, name: string, entry: CallEntry, place: Place): never {
  return fail("missing-argument", `${callee} needs ${name}`, { place, expected: `${callee}(${shortSignature(entry.signature)})` });
}

function shortSignature(signature: string): string {
  return signature.length <= 100 ? signature : `${signature.slice(0, signature.lastIndexOf(",", 100))}, ...`;
}
