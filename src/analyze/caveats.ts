import { READS, type Convention } from "../conventions/convention.js";
import type { Graph } from "../graph/graph.js";
import type { InferredLayer } from "../graph/inferrer.js";
import { countBy } from "./convention.js";

/** Why a convention's figure of a graph may not be what the tool itself would report of the model. Empty where it is. */
export function caveats(convention: Convention, graph: Graph, layers: readonly InferredLayer[]): readonly string[] {
  const { reads, tables, failsOn, missesFastPath = false } = convention;
  if (reads === undefined) return [];
  const { title, formats } = READS[reads];
  const found: string[] = [];
  if (!formats.some((format) => format === graph.format))
    found.push(`the tool counts ${title}: this is what its rules give for the layers of this file`);
  if (reads === "onnx" && graph.format !== "onnx" && layers.some(({ layer }) => layer.op === "batch_norm"))
    found.push("batch norms are counted that an exporter would fold into the convolutions");
  if (failsOn !== undefined && layers.some(({ layer }) => layer.op === failsOn.op))
    found.push(`the tool fails on ${failsOn.op} where ${failsOn.when}`);
  if (missesFastPath && layers.some(hasFastPath))
    found.push(
      "PyTorch 1.12 and later run an encoder layer with batch_first as one operator at inference: the tool sees nothing of it and reports 0 for it",
    );
  if (graph.lowering === "pieces" && tables.some(({ calledAs }) => !calledAs.includes("operator")))
    found.push("modules that the tool counts as a whole, such as multi-head attention, stand as their operators in this file");
  if (graph.lowering !== undefined && graph.lowering !== "pieces" && tables.some(({ calledAs }) => !calledAs.includes("operator")))
    found.push("the file does not say what was a module and what a function: every operator is taken for a module");
  if (graph.lowering === "folded" && reads === "torch") found.push(...folded(convention, layers), ...unbiased(layers));
  return found;
}

/** Whether an encoder layer, or one inside, takes the fast path of torch.nn.TransformerEncoderLayer.forward. */
function hasFastPath({ layer, steps }: InferredLayer): boolean {
  if (layer.op === "transformer_encoder_layer" && layer.type === "composite" && layer.attributes["batchFirst"] === true) return true;
  return steps.some(hasFastPath);
}

/** Linear layers over three axes or more, which exporters write as a product and an addition. */
function unbiased(layers: readonly InferredLayer[]): readonly string[] {
  const bare = layers.filter(({ layer, inference, outputs }) => {
    const { bias = 0n } = inference?.cost.operations ?? {};
    return layer.op === "linear" && bias === 0n && (outputs[0]?.shape.length ?? 0) > 2;
  });
  if (bare.length === 0) return [];
  return [`${bare.length} linear layers over three axes or more stand without a bias: where they had one, the file has it as an addition of its own`];
}

/** Convolutions that no norm is left for: where they had one, what the tool counts of it is missing, and their biases may be the norm's. */
function folded(convention: Convention, layers: readonly InferredLayer[]): readonly string[] {
  const convolutions = layers.filter(({ inference }) => inference?.kind !== undefined);
  const left = convolutions.length - layers.filter(({ layer }) => layer.op === "batch_norm").length;
  if (left <= 0) return [];
  const countsNorms = convention.tables.some(({ rules }) => rules.some(({ ops }) => ops.includes("batch_norm")));
  const countsBiases = convolutions.some((layer) => countBy(convention, layer).causes.has("bias"));
  const where = `${left} of ${convolutions.length} convolutions have no batch norm after them`;
  const lost = countsNorms ? ["what this tool counts of a norm that was folded into them is missing"] : [];
  const gained = countsBiases ? ["a bias that they got from one is counted"] : [];
  return lost.length + gained.length === 0 ? [] : [`${where}: ${[...lost, ...gained].join(", and ")}`];
}
