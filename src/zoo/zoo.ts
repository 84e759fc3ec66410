import { closest } from "../read/notation/closest.js";
import { fail } from "../graph/diagnostic.js";
import { networks } from "./table.js";

/** A network of the zoo: the text of its family's file, and which of its variants is meant. */
export interface ZooModel {
  readonly family: string;
  readonly text: string;
  readonly variant?: string | undefined;
}

/** A family of the zoo with the names that it goes by. */
export interface ZooFamily {
  readonly name: string;
  readonly description: string;
  readonly variants: readonly string[];
}

/** The families of the zoo, in order of their names. */
export function zooFamilies(): readonly ZooFamily[] {
  return Object.entries(networks).map(([name, text]) => ({ name, description: descriptionOf(text), variants: variantsOf(text) }));
}

/** A network by the name of its family or of a variant, as torchvision's builders are called. Throws `unknown-model`. */
export function zooModel(name: string): ZooModel {
  const own = Object.hasOwn(networks, name) ? networks[name] : undefined;
  const variant = (text: string) => (variantsOf(text).includes(name) ? name : undefined);
  if (own !== undefined) return modelOf(name, own, variant(own));
  const found = Object.entries(networks).find(([, text]) => variant(text) !== undefined);
  if (found !== undefined) return modelOf(...found, name);
  const near = zooNameNear(name);
  return fail("unknown-model", `the zoo has no '${name}'`, {
    expected: "zoo:NAME, as `convcost zoo` lists them",
    hint: near === undefined ? undefined : `did you mean zoo:${near}?`,
  });
}

/** The name of a network that a word may mean, or none. */
export function zooNameNear(word: string): string | undefined {
  const names = zooFamilies().flatMap((family) => [family.name, ...family.variants]);
  return names.find((name) => word.length > 2 && name.startsWith(word.toLowerCase())) ?? closest(word, names);
}

function modelOf(family: string, text: string, variant: string | undefined): ZooModel {
  return { family, text, variant };
}

/** The keys under `variants:`, without reading the rest: a name is looked up in every file, and reading them all would take long. */
function variantsOf(text: string): readonly string[] {
  const start = text.indexOf("\nvariants:\n");
  if (start < 0) return [];
  const [, ...lines] = text.slice(start + 1).split("\n");
  const end = lines.findIndex((line) => /^\S/.test(line));
  return lines.slice(0, end < 0 ? undefined : end).flatMap((line) => /^ {2}(\w+):/.exec(line)?.[1] ?? []);
}

function descriptionOf(text: string): string {
  return /^description: (.*)$/m.exec(text)?.[1] ?? "";
}
