import { strFromU8 } from "fflate";
import { fail, type Place } from "../../graph/diagnostic.js";
import { isExactly } from "../../graph/fits.js";
import type { Graph, OpenTensor } from "../../graph/graph.js";
import { formatShape } from "../../graph/shape.js";
import { readJson } from "../keras/json.js";
import type { ByteSource } from "../onnx/bytes.js";
import type { ReadOnnxOptions } from "../onnx/read.js";
import { ZipArchive } from "../zip-directory.js";
import { Builder } from "./build.js";
import { decodeProgram } from "./decode.js";
import { heldUnder, type Held } from "./held.js";
import { graphInputs, settleSizes } from "./inputs.js";
import type { Program } from "./program.js";
import type { StoredTensor } from "./rows.js";
import { Sizes } from "./sizes.js";
import { readTies, type Ties } from "./ties.js";

/** Bytes of a program at most, unpacked: a zip may claim anything. */
const MAX_PROGRAM = 256 * 1024 * 1024;

/** Where the program stands: archives of PyTorch 2.8 on, and those before. */
const PROGRAM = /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/;
const EXPECTED = "an archive of torch.export.save";

/**
 * Reads an archive of torch.export.save. Every tensor has its shape written, as an expression of the model's open sizes; weights are never read.
 * @throws InputError `bad-zip`, `bad-pt2`, and what {@link settleSizes} says of the sizes that were asked for
 */
export function readPt2(bytes: ByteSource, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "model.pt2";
  const place: Place = { kind: "file", path };
  const archive = new ZipArchive(bytes, place, EXPECTED);
  const entry = archive.entries.find(({ name }) => PROGRAM.test(name));
  const content = entry === undefined ? undefined : archive.content(entry, MAX_PROGRAM);
  if (content === undefined) {
    return fail("bad-pt2", "this archive has no exported program", {
      place,
      expected: EXPECTED,
      hint: "archives of torch.save have weights only: export the model to ONNX, or pipe print(model)",
    });
  }
  const program = decodeProgram(readJson(strFromU8(content), path), path);
  return graphOf(program, readTies(archive, place, path), options, path);
}

function graphOf(program: Program, ties: Ties, options: ReadOnnxOptions, path: string): Graph {
  const sizes = new Sizes(program, path);
  const taken = settleSizes(program, sizes, options);
  const builder = new Builder(path, sizes);
  const place: Place = { kind: "file", path };
  const stored = storedTensors(program, ties, sizes, path);
  const held = new Map<string, Held>(
    stored.map(({ input, tensor }) => [input, { kind: "stored", tensors: [tensor], shape: tensor.shape, dtype: tensor.dtype }]),
  );
  for (const name of program.inputs) held.set(name, builder.typed(name, name, program.graph.tensors.get(name)));
  const frame = { graph: program.graph, held, label: "", times: 1n };
  builder.run({ ...program.graph, outputs: [] }, frame);
  const openOutputs = program.outputs.flatMap((name) => builder.give(name, heldUnder(frame, name, place), place) ?? []);
  addUnread(
    builder,
    stored.map(({ tensor }) => tensor),
    place,
  );
  const inputs = graphInputs(program, sizes);
  const known = new Set(inputs.map(({ name }) => name));
  return {
    name: path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, ""),
    format: "pt2",
    lowering: loweringOf(builder),
    source: path,
    inputs,
    nodes: builder.rows.nodes,
    outputs: program.outputs,
    openInputs: program.inputs.flatMap((name) => (known.has(name) ? [] : [openInput(program, sizes, name)])),
    openOutputs,
    warnings: [...exampleSizes(taken), ...builder.rows.warnings],
  };
}

/** The file tells modules from functions where its nodes say where they come from. */
function loweringOf({ rows, hasPieces }: Builder): Graph["lowering"] {
  if (!rows.nodes.some(({ layer }) => layer.calledAs !== undefined)) return "operators";
  return hasPieces ? "pieces" : undefined;
}

function openInput({ graph }: Program, sizes: Sizes, name: string): OpenTensor {
  const meta = graph.tensors.get(name);
  return { name, shape: meta === undefined ? null : sizes.open(meta.sizes), dtype: meta?.dtype };
}

function exampleSizes(taken: readonly string[]): readonly string[] {
  if (taken.length === 0) return [];
  return [
    `some sizes of this model are open: those of the example that it was exported with are taken, ${taken.join(", ")} (--batch, --input, --dim)`,
  ];
}

/** The stored inputs of the program: tied ones have one key. Throws `bad-pt2` for one without a shape, or with two. */
function storedTensors({ graph, stored }: Program, ties: Ties, sizes: Sizes, path: string) {
  return stored.map(({ name, target, role }): { readonly input: string; readonly tensor: StoredTensor } => {
    const meta = graph.tensors.get(name);
    const shape = meta === undefined ? undefined : sizes.shape(meta.sizes);
    if (shape === undefined) return fail("bad-pt2", `the ${role} ${target} has no shape`, { place: { kind: "file", path }, expected: EXPECTED });
    const kept = ties.get(target);
    if (kept !== undefined && !isExactly(kept.sizes, shape)) {
      fail("bad-pt2", `the ${role} ${target} is stored as ${formatShape(kept.sizes)}, and the program says ${formatShape(shape)}`, {
        place: { kind: "file", path },
        expected: "one shape for each stored tensor",
      });
    }
    return { input: name, tensor: { key: kept?.key ?? `input:${name}`, name: target, role, shape, dtype: meta?.dtype } };
  });
}

/** Parameters and buffers that no operator reads are the module's all the same. */
function addUnread(builder: Builder, stored: readonly StoredTensor[], place: Place): void {
  const left = stored.filter((tensor) => tensor.role !== "constant" && !builder.rows.isClaimed(tensor));
  if (left.length === 0) return;
  builder.rows.add({
    name: "parameters and buffers that no layer reads",
    counted: { op: "unused" },
    reads: left.map((tensor) => ({ tensor, port: tensor.name, part: tensor.shape })),
    inputs: [],
    outputs: [],
    types: [],
    times: 1n,
    calledAs: undefined,
    place,
  });
}
