import type { AttributeProto, Attributes, GraphProto, ModelProto, NodeProto } from "./schema.js";

/** Settings of a node as another format has them. */
export type AttributeValues = Readonly<Record<string, number | string | readonly number[]>>;

/** Numbers, lists and texts as attributes of a node. */
export function attributesOf(values: AttributeValues): Attributes {
  return new Map(
    Object.entries(values).map(([name, value]): [string, AttributeProto] => {
      const empty = { name, floats: [], ints: [], strings: [] };
      return [
        name,
        typeof value === "number" ? { ...empty, i: value } : typeof value === "string" ? { ...empty, s: value } : { ...empty, ints: value },
      ];
    }),
  );
}

/** A node of another format. */
export function nodeOf(
  node: Pick<NodeProto, "name" | "opType" | "inputs" | "outputs"> & Partial<NodeProto>,
  values: AttributeValues = {},
): NodeProto {
  return { domain: "", overload: "", attributes: attributesOf(values), metadata: new Map(), ...node };
}

/** A graph of another format. */
export function graphOf(graph: Pick<GraphProto, "nodes" | "inputs" | "outputs"> & Partial<GraphProto>): GraphProto {
  return { name: "", initializers: [], sparseInitializers: [], valueInfo: [], ...graph };
}

/** A model of another format, whose ONNX operators are those of version 18. */
export function modelOf(graph: GraphProto): ModelProto {
  return { irVersion: 0, producer: "", opsets: new Map([["", 18]]), functions: [], graph };
}
