export { analyze, type AnalyzeOptions } from "./analyze/analyze.js";
export type { Analysis, CausedDifference, Figures, LayerAnalysis, NamedTensor, Totals, Uncounted } from "./analyze/analysis.js";
export { groupLayers, modulePath, type Group, type GroupOptions } from "./analyze/group.js";
export type { Grouping } from "./analyze/grouping.js";
export { separablePairs, withPairs, type SeparablePair } from "./analyze/pairs.js";
export { FRAMEWORKS, writeCode, type CodeOptions, type FrameworkName } from "./code/write.js";
export type { Layout } from "./graph/layout.js";
export { parseShape } from "./graph/shape-text.js";
export {
  compare,
  compareFullConvolution,
  compareModels,
  type Comparison,
  type ComparisonRow,
  type CompareOptions,
  type Ratio,
} from "./compare/compare.js";
export { compareConventions, type ConventionComparison, type ConventionRow } from "./compare/conventions.js";
export { conventionNamed, conventions } from "./conventions/table.js";
export type { Convention, Operation, Parts, Rule, Table } from "./conventions/convention.js";
export { parseSelector, type ConvolutionFacts, type Selector } from "./compare/selector.js";
export { VARIANTS, type VariantLabel } from "./compare/variants.js";
export { whatIf, type LeftLayer, type ReplacedLayer, type Replacement, type WhatIf, type WhatIfOptions } from "./compare/what-if.js";
export { InputError, type Diagnostic, type Place } from "./graph/diagnostic.js";
export type { DType } from "./graph/dtype.js";
export type { Graph, GraphInput, Node } from "./graph/graph.js";
export type { Attributes, AttributeValue, Cause, Kind } from "./graph/layer.js";
export type { Shape } from "./graph/shape.js";
export { gridSize, ParetoFront, pointAt, sweepRange, type Axis, type SweepFigures, type SweepRow } from "./compare/sweep.js";
export { linesOf, type Line } from "./read/batch/lines.js";
export { parseLine, readRequest, type BatchRequest } from "./read/batch/request.js";
export { networkExpander, parseNetwork, readNetwork, type ExpandOptions, type Network } from "./read/network/network.js";
export type { ByteSource } from "./read/onnx/bytes.js";
export { readOnnx, type ReadOnnxOptions } from "./read/onnx/read.js";
export { readKerasArchive, readKerasHdf5, readKerasJson, type ReadKerasOptions } from "./read/keras/read.js";
export { readPt2 } from "./read/pt2/read.js";
export { readPrinted } from "./read/torch/read.js";
export { readGguf } from "./read/weights/gguf.js";
export { readSafetensors } from "./read/weights/safetensors.js";
export { readTfjs } from "./read/tfjs/read.js";
export { readTflite, type ReadTfliteOptions } from "./read/tflite/read.js";
export { zooFamilies, zooModel, type ZooFamily, type ZooModel } from "./zoo/zoo.js";
export { parseLayers, type ParseOptions } from "./read/notation/read.js";
export type { Costs, LayerCosts, Peak } from "./analyze/analysis.js";
export { readAnalysis } from "./analyze/saved.js";
export {
  checkBudgets,
  type Budget,
  type BudgetCheck,
  type BudgetOptions,
  type BudgetResult,
  type Increase,
  type Verdict,
  type Weight,
} from "./compare/budget.js";
export { diffCosts, type Change, type Difference, type FieldChange, type LayerChange, type TotalChange } from "./compare/diff.js";
export { MEASURES, measureOf, type Measure, type MeasureName } from "./compare/measures.js";
export { parseAllowance, parseQuantity, type Allowance } from "./compare/quantity.js";
