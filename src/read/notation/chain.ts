import type { Graph, GraphInput, Node } from "../../graph/graph.js";
import { madeBy, TURNED, turnTo, UNORDERED } from "../../ops/tensor/turn.js";
import type { Catalog } from "./catalog.js";
import { readStatements, type Statement } from "./statements.js";

/**
 * Reads layer specs into a chain of layers, with the names of a catalog.
 * @param text one text, or several read one after the other as if separated by `;`
 * @throws InputError with the place of whatever is wrong
 */
export function parseChain(text: string | readonly string[], source: string, catalog: Catalog): Graph {
  const texts = typeof text === "string" ? [text] : text;
  const sources = texts.map((one, index) => readStatements(one, texts.length > 1 ? `${source} ${index + 1}` : source, catalog));
  return chainOf(sources.flat(), texts.map(onOneLine).join("; "), source);
}

/** A text of several lines, as a file of layers is, in one: without its comments. */
function onOneLine(text: string): string {
  if (!text.trim().includes("\n")) return text;
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines
    .filter((line) => line !== "")
    .join("; ")
    .replace(/;(?=;)/g, "");
}

function chainOf(statements: readonly Statement[], name: string, source: string): Graph {
  const nodes: Node[] = [];
  let input: GraphInput = { name: "input" };
  let current = input.name;
  let between = UNORDERED;
  let turned = false;
  const add = (node: Pick<Node, "name" | "layer" | "at" | "place">) => {
    const made = `t${nodes.length}`;
    nodes.push({ ...node, inputs: [current], outputs: [made] });
    between = madeBy(node.layer, between);
    current = made;
  };
  let layers = 0;
  for (const statement of statements) {
    if (statement.kind === "input") {
      if (nodes.length > 0) continue;
      const { shape, order } = statement;
      input = { name: "input", type: { shape }, imageOrder: order };
      if (shape.length >= 4) between = { axes: order, imageOrder: "nhwc" };
      continue;
    }
    const { layer } = statement;
    const step = turnTo(layer, between);
    if (step !== undefined) add({ name: "turn", layer: step });
    turned ||= step !== undefined;
    add({ name: statement.name ?? String(layers), layer, at: statement.at, place: statement.place });
    layers += 1;
  }
  const last = nodes.at(-1);
  const outputs = Array.from({ length: last?.layer.returns ?? 1 }, (_, at) => (at === 0 ? "output" : `output ${at + 1}`));
  if (last !== undefined) nodes[nodes.length - 1] = { ...last, outputs };
  return {
    name: name.length <= 60 ? name : `${name.slice(0, 57)}...`,
    format: "spec",
    source,
    inputs: [input],
    nodes,
    outputs,
    warnings: turned ? [TURNED] : undefined,
  };
}
