export type Config = Readonly<Record<string, unknown>>;

/** A layer of a Functional model as Keras 2 writes it: what each call reads, by the layers' names. */
export const layer = (className: string, name: string, config: Config, ...calls: readonly (readonly string[])[]) => ({
  class_name: className,
  name,
  config: { name, trainable: true, dtype: "float32", ...config },
  inbound_nodes: calls.map((inputs) => inputs.map((from) => [from.replace(/#\d+$/, ""), Number(/#(\d+)$/.exec(from)?.[1] ?? 0), 0, {}])),
});
export const input = (name: string, shape: readonly (number | null)[], key = "batch_input_shape") => ({
  class_name: "InputLayer",
  name,
  config: { [key]: shape, dtype: "float32", name },
  inbound_nodes: [],
});
export const functional = (layers: readonly object[], output: string, inputs = ["x"]) => ({
  class_name: "Functional",
  config: {
    name: "net",
    layers,
    input_layers: inputs.map((name) => [name, 0, 0]),
    output_layers: [[output.replace(/#\d+$/, ""), Number(/#(\d+)$/.exec(output)?.[1] ?? 0), 0]],
  },
});
export const sequential = (...layers: readonly object[]) => ({ class_name: "Sequential", config: { name: "net", layers } });

export const conv = (filters: number, size: number, more: Config = {}) => ({
  filters,
  kernel_size: [size, size],
  strides: [1, 1],
  padding: "same",
  use_bias: false,
  activation: "linear",
  ...more,
});
