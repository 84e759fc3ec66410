import { fail, type Place } from "../../graph/diagnostic.js";
import type { CallArguments } from "./expression.js";
import type { Argument, Binding, Signature } from "./program.js";
import type { Scope, Value } from "./scope.js";

/** Binds names to their expressions, each of which may use those before it. */
export function bindAll(bindings: readonly Binding[], scope: Scope): void {
  for (const { name, value } of bindings) scope.set(name, value(scope));
}

/** The values of a call's arguments. */
export interface Given {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** No arguments by name. */
export const NONE: Given["named"] = new Map();

/** The values of the arguments of a call, in order and by name. Throws `bad-argument` for a name that is given twice. */
export function argumentsGiven(args: CallArguments, scope: Scope): Given {
  const positional = args.positional.map((argument) => argument(scope));
  if (args.named.length === 0) return { positional, named: NONE };
  const named = new Map<string, Value>();
  for (const argument of args.named) {
    if (named.has(argument.name)) fail("bad-argument", `\`${argument.name}\` is given twice`, { place: argument.place });
    named.set(argument.name, argument.value(scope));
  }
  return { positional, named };
}

/** The scope of one call: its arguments in order, by name, or by their defaults. Throws `bad-argument` with the signature. */
export function bindArguments(root: Scope, { name: callee, parameters, names }: Signature, { positional: args, named }: Given, place: Place): Scope {
  const wrong = (message: string): never => fail("bad-argument", message, { place, expected: signatureOf(callee, parameters) });
  root.budget.spend(1, place);
  // None leaves an argument to its default.
  if (args.length === names.length && named.size === 0 && !args.includes(null)) return root.child(names, args);
  if (args.length > parameters.length) wrong(`${callee} is given ${args.length} values`);
  for (const name of named.keys()) if (!parameters.some((parameter) => parameter.name === name)) wrong(`${callee} has no argument \`${name}\``);
  const scope = root.child([], []);
  parameters.forEach(({ name, otherwise }, index) => {
    const byOrder = args[index];
    if (byOrder !== undefined && named.has(name)) wrong(`\`${name}\` of ${callee} is given twice`);
    scope.set(name, byOrder ?? named.get(name) ?? otherwise?.(scope) ?? wrong(`${callee} needs \`${name}\``));
  });
  return scope;
}

function signatureOf(callee: string, parameters: readonly Argument[]): string {
  return `${callee}(${parameters.map(({ name, otherwise }) => (otherwise === undefined ? name : `${name}=...`)).join(", ")})`;
}
