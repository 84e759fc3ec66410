import { isMap, isScalar, parseDocument } from "yaml";
import { readNetwork } from "./compile.js";
import { parametersOf } from "./settings.js";

/**
 * A network file with one of its variants made its default, and the list of variants left out: comments and order stay.
 * @throws InputError where the file is wrong or has no such variant
 */
export function withVariant(text: string, variant: string, source: string): string {
  const { values } = parametersOf(readNetwork(text, { source }), { variant });
  const document = parseDocument(text);
  document.set("name", variant);
  const parameters = document.get("parameters");
  for (const [name, value] of values) {
    const before = isMap(parameters) ? parameters.get(name, true) : undefined;
    if (isScalar(before)) before.value = value;
    else document.setIn(["parameters", name], document.createNode(value, { flow: true }));
  }
  document.delete("variants");
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
