/** A layer of OpenVINO IR: what it reads, as `layer` or `layer:port`, and the sizes of what it gives out. */
export interface IrLayer {
  readonly name: string;
  readonly type: string;
  readonly data?: Readonly<Record<string, string | number>>;
  readonly reads?: readonly string[];
  readonly makes?: readonly (readonly number[])[];
  readonly precision?: string;
  /** Elements that stand inside the layer: bodies and their port maps. */
  readonly inner?: string;
  readonly version?: string;
}

const attributes = (values: Readonly<Record<string, string | number>>) =>
  Object.entries(values)
    .map(([key, value]) => ` ${key}="${value}"`)
    .join("");
const dims = (sizes: readonly number[]) => sizes.map((size) => `<dim>${size}</dim>`).join("");

/** Layers and edges as a file, or the body of a layer, has them. */
export function layersAndEdges(layers: readonly IrLayer[]): string {
  const ids = new Map(layers.map(({ name }, id) => [name, id]));
  const made = new Map(layers.map(({ name, makes = [] }) => [name, makes]));
  const source = (text: string) => {
    const [name = "", port = "0"] = text.split(":");
    return { id: ids.get(name) ?? -1, port: Number(port), sizes: made.get(name)?.[Number(port)] ?? [] };
  };
  const written = layers.map(({ name, type, data, reads = [], makes = [], precision = "FP32", inner = "", version = "opset1" }, id) => {
    const inputs = reads.map((read, port) => `<port id="${port}">${dims(source(read).sizes)}</port>`).join("");
    const outputs = makes.map((sizes, port) => `<port id="${reads.length + port}" precision="${precision}">${dims(sizes)}</port>`).join("");
    const ports = (reads.length > 0 ? `<input>${inputs}</input>` : "") + (makes.length > 0 ? `<output>${outputs}</output>` : "");
    return `<layer id="${id}" name="${name}" type="${type}" version="${version}">${data === undefined ? "" : `<data${attributes(data)}/>`}${ports}${inner}</layer>`;
  });
  const edges = layers.flatMap(({ reads = [] }, id) =>
    reads.map((read, port) => {
      const from = source(read);
      const before = layers[from.id]?.reads?.length ?? 0;
      return `<edge from-layer="${from.id}" from-port="${before + from.port}" to-layer="${id}" to-port="${port}"/>`;
    }),
  );
  return `<layers>${written.join("")}</layers><edges>${edges.join("")}</edges>`;
}

/** The .xml of a model. */
export function ir(layers: readonly IrLayer[], version: number | string = 11): string {
  return `<?xml version="1.0"?>\n<net name="model" version="${version}">${layersAndEdges(layers)}<rt_info><a value="1"><b/></a></rt_info></net>`;
}

export const parameter = (name: string, sizes: readonly number[]): IrLayer => ({
  name,
  type: "Parameter",
  data: { element_type: "f32", shape: sizes.map((size) => (size < 0 ? "?" : size)).join() },
  makes: [sizes],
});

export const constant = (name: string, sizes: readonly number[], element_type = "f32"): IrLayer => ({
  name,
  type: "Const",
  data: { element_type, shape: sizes.join(), offset: 0 },
  makes: [sizes],
  precision: element_type.toUpperCase(),
});

export const result = (reads: string): IrLayer => ({ name: `${reads}/result`, type: "Result", reads: [reads] });
