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

/**
 * A model as Keras 3 writes it, of one call over inputs of these shapes: of a layer where its config says whether it is trained, of a function of keras.ops
 * otherwise.
 * @param more arguments after the tensors
 */
export function kerasCall(className: string, config: Config, shapes: readonly (readonly number[])[], ...more: readonly unknown[]) {
  const names = shapes.map((_, index) => `x${index}`);
  const tensors = shapes.map((shape, index) => ({
    class_name: "__keras_tensor__",
    config: { shape: [null, ...shape], dtype: "float32", keras_history: [`x${index}`, 0, 0] },
  }));
  const inputs = shapes.map((shape, index) => input(`x${index}`, [null, ...shape], "batch_shape"));
  const isLayer = "trainable" in config;
  const call = {
    ...(isLayer ? {} : { module: "keras.src.ops.numpy" }),
    class_name: className,
    name: "call",
    config: { name: "call", ...config },
    inbound_nodes: [{ args: [...tensors, ...more], kwargs: {} }],
  };
  return functional([...inputs, call], "call", names);
}
