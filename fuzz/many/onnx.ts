import * as onnx from "../../test/read/onnx-model.js";
import { list, one, type Many } from "./of.js";

const graph = (...parts: readonly onnx.Write[]) => one("m.onnx", onnx.model(parts));
const x = onnx.input("x", [2, 4]);
const y = onnx.output("y");
const relu = (from: string, to: string, attributes: Readonly<Record<string, onnx.AttributeValue>> = {}) =>
  onnx.node("Relu", [from], [to], { attributes });
const chain = (count: number) => list(count, (at) => relu(at === 0 ? "x" : `t${at}`, at === count - 1 ? "y" : `t${at + 1}`));

/** Parts of an ONNX file. */
export const ONNX_PARTS: readonly Many[] = [
  {
    what: "attributes of an ONNX node",
    most: 60_000,
    make: (count) => graph(x, relu("x", "y", Object.fromEntries(list(count, (at) => [`a${at}`, at]))), y),
  },
  { what: "inputs of an ONNX graph", most: 30_000, make: (count) => graph(x, ...list(count, (at) => onnx.input(`i${at}`, [1])), relu("x", "y"), y) },
  { what: "outputs of an ONNX graph", most: 30_000, make: (count) => graph(x, relu("x", "y"), y, ...list(count, () => onnx.output("y"))) },
  { what: "initializers", most: 30_000, make: (count) => graph(x, ...list(count, (at) => onnx.weight(`w${at}`, [2, 2])), relu("x", "y"), y) },
  { what: "types of tensors", most: 30_000, make: (count) => graph(x, ...list(count, (at) => onnx.known(`v${at}`, [2, 4])), relu("x", "y"), y) },
  { what: "a chain of ONNX nodes", most: 30_000, make: (count) => graph(x, ...chain(count), y) },
  {
    what: "inputs of an ONNX node",
    most: 60_000,
    make: (count) =>
      graph(
        x,
        onnx.node(
          "Sum",
          list(count, () => "x"),
          ["y"],
        ),
        y,
      ),
  },
  {
    what: "tensors that are concatenated",
    most: 60_000,
    make: (count) =>
      graph(
        x,
        onnx.node(
          "Concat",
          list(count, () => "x"),
          ["y"],
          { attributes: { axis: 0 } },
        ),
        y,
      ),
  },
  {
    what: "outputs of an ONNX node",
    most: 50_000,
    make: (count) =>
      graph(
        onnx.input("x", [count, 4]),
        onnx.node(
          "Split",
          ["x"],
          list(count, (at) => `y${at}`),
          { attributes: { num_outputs: count, axis: 0 } },
        ),
        onnx.output("y0"),
      ),
  },
  {
    what: "unknown nodes",
    most: 30_000,
    make: (count) => graph(x, ...list(count, (at) => onnx.node(`Z${at}`, ["x"], [`z${at}`])), relu("x", "y"), y),
  },
  {
    what: "functions",
    most: 20_000,
    make: (count) =>
      one(
        "m.onnx",
        onnx.model(
          [x, relu("x", "y"), y],
          ...list(count, (at) => onnx.functionOf("o", `F${at}`, ["a"], ["b"], onnx.node("Exp", ["a"], ["b"], { field: 7 }))),
        ),
      ),
  },
];
