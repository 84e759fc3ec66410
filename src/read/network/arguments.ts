import { fail, type Place } from "../../graph/diagnostic.js";
import type { Argument, Binding, Signature } from "./program.js";
import type { Scope, Value } from "./scope.js";

/** Binds names to their expressions, each of which may use those before it. */
export function bindAll(bindings: readonly Binding[], scope: Scope): void {
  for (const { name, value } of bindings) scope.set(name, value(scope));
}

/** The scope of one call: its arguments in order, by name, or by their defaults. Throws `bad-argument` with the signature. */
export function bindArguments(
  root: Scope,
  { name: callee, parameters, names }: Signature,
  args: readonly Value[],
  named: ReadonlyMap<string, Value>,
  place: Place,
): Scope {
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
