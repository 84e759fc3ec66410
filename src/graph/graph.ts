import type { Place } from "./diagnostic.js";
import type { Layout } from "./layout.js";
import type { Axes, Layer, TensorType } from "./layer.js";
import type { DType } from "./dtype.js";
import type { OpenShape, Shape } from "./shape.js";

/** One layer in execution order. Inputs and outputs are names of tensors. */
export interface Node {
  readonly name: string;
  readonly layer: Layer;
  readonly inputs: readonly string[];
  /** Names of the outputs, as many as are referred to; a layer may have more. */
  readonly outputs: readonly string[];
  /** Spatial size that the spec says its input has (`@56x56`). */
  readonly at?: Shape | undefined;
  readonly place?: Place | undefined;
  /** Names of what it stores, in the order of its layer: several nodes of one layer store different tensors. The layer's own unless said. */
  readonly storedNames?: readonly string[] | undefined;
}

/** The same node with another layer, which stores what is its own. */
export function withLayer(node: Node, layer: Layer): Node {
  return { ...node, layer, storedNames: undefined };
}

/** A graph input; its type may be left to the `--input` flag or to the first layer. */
export interface GraphInput {
  readonly name: string;
  readonly type?: TensorType | undefined;
  /** The order in which the source writes images, where it writes the type itself (keras.Input). */
  readonly imageOrder?: Layout | undefined;
  /** The order of its axes, where it is known: the type is then taken as it stands, batch and all. */
  readonly axes?: Axes | undefined;
}

/** A tensor that goes in or comes out, of which not every size is known. */
export interface OpenTensor {
  readonly name: string;
  /** Null where not even the number of dimensions is known. */
  readonly shape: OpenShape | null;
  readonly dtype?: DType | undefined;
}

/** Everything a reader learns about a model. Nothing after the reader knows where it came from. */
export interface Graph {
  readonly name: string;
  readonly format: string;
  readonly source: string;
  readonly inputs: readonly GraphInput[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly string[];
  /** The order of axes in which the source has its images; channels first unless said. */
  readonly layout?: Layout | undefined;
  /**
   * What an exporter made of the model: `operators`, what was a module or a function is not told any more; `folded`, norms are gone into the convolutions before
   * them besides, and activations may stand in pieces; `pieces`, modules are told, and some of PyTorch's own stand as the operators inside them. Absent: the layers
   * are those of the source.
   */
  readonly lowering?: "operators" | "folded" | "pieces" | undefined;
  /** Elements of all weights that the source lists by themselves: those of its layers should be as many. */
  readonly storedElements?: bigint | undefined;
  /** Inputs that the source leaves open: no node of the graph reads them. */
  readonly openInputs?: readonly OpenTensor[] | undefined;
  /** Outputs among `outputs` that no node of the graph makes: their sizes depend on the data, or on an open input. */
  readonly openOutputs?: readonly OpenTensor[] | undefined;
  /** What the source leaves open and was assumed. */
  readonly warnings?: readonly string[] | undefined;
}
