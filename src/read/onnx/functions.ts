import type { AttributeProto, Attributes } from "./schema.js";

/** Name of a function of the model: its domain, name and overload. */
export function functionKey(domain: string, name: string, overload: string): string {
  return `${domain === "ai.onnx" ? "" : domain}\n${name}\n${overload}`;
}

/** Attributes with those that refer to the function's own put in; one that its call leaves out is left out. */
export function boundAttributes(attributes: Attributes, outer: Attributes | undefined): Attributes {
  if (!hasReference(attributes)) return attributes;
  return new Map(
    [...attributes].flatMap(([name, attribute]): readonly (readonly [string, AttributeProto])[] => {
      if (attribute.ref === undefined) return [[name, attribute]];
      const value = outer?.get(attribute.ref);
      return value === undefined ? [] : [[name, { ...value, name }]];
    }),
  );
}

function hasReference(attributes: Attributes): boolean {
  for (const { ref } of attributes.values()) if (ref !== undefined) return true;
  return false;
}
