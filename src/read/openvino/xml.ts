import { SaxesParser } from "saxes";
import { fail } from "../../graph/diagnostic.js";

/** An element of an XML file. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Absent where there are none, as in most elements of a large file. */
  readonly children?: readonly Element[] | undefined;
  /** What stands in each `dim` inside of it. */
  readonly dims?: readonly string[] | undefined;
}

/** Notes about layers, and how the model was made: none of them says what it computes. */
const SKIPPED = new Set(["rt_info", "meta_data", "cli_parameters", "quantization_parameters"]);

const MAX_DEPTH = 256;

/** Elements at most, of which a layer has about ten: no model has as many, and more would not fit into memory. */
const MAX_ELEMENTS = 1_500_000;

/** The root of an XML file. Entities other than XML's own five are refused, and so is what declares them. Throws `bad-openvino`. */
export function readXml(text: string, path: string): Element {
  const parser = new SaxesParser<{ xmlns?: false; fileName: string }>({ fileName: path });
  const open: { name: string; attributes: Record<string, string>; children: Element[] | undefined; dims: string[] | undefined }[] = [];
  const roots: Element[] = [];
  let [skipped, count, dim] = [0, 0, ""];
  const bad = (message: string) =>
    fail("bad-openvino", `this is not OpenVINO IR: ${message}`, { place: { kind: "file", path }, expected: "a model's .xml" });
  parser.on("error", ({ message }) => bad(`line ${message.replace(/^.*?(\d+:\d+: )/, "$1")}`));
  parser.on("doctype", () => bad("it has a document type"));
  parser.on("opentag", ({ name, attributes }) => {
    if (skipped > 0 || SKIPPED.has(name)) skipped++;
    else open.push({ name, attributes: { ...attributes }, children: undefined, dims: undefined });
    if (name !== "dim" && ++count > MAX_ELEMENTS)
      fail("too-large", `this model has more than ${MAX_ELEMENTS} elements`, { place: { kind: "file", path } });
    if (open.length + skipped > MAX_DEPTH) bad(`its elements are nested more than ${MAX_DEPTH} deep`);
  });
  parser.on("text", (piece) => {
    if (skipped === 0 && open.at(-1)?.name === "dim") dim += piece;
  });
  parser.on("closetag", () => {
    if (skipped > 0) skipped--;
    else {
      const done = open.pop();
      const around = open.at(-1);
      if (done?.name === "dim") (around ? (around.dims ??= []) : []).push(dim.trim());
      else if (done !== undefined) (around ? (around.children ??= []) : roots).push(done);
      dim = "";
    }
  });
  parser.write(text.replace(/^\uFEFF?\s+(?=<\?xml)/, "")).close();
  const [root] = roots;
  if (root === undefined) throw new Error("saxes refuses a document without a root");
  return root;
}

/** The elements of one name inside another, at most one deep for each name of the path. */
export function within(element: Element | undefined, ...[name, ...rest]: readonly string[]): readonly Element[] {
  const found = element?.children?.filter((child) => child.name === name) ?? [];
  return rest.length === 0 ? found : found.flatMap((child) => within(child, ...rest));
}
