import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isObject } from "../../src/read/keras/json.js";
import { convcost } from "../cli/run.js";
import { hasReference, readReference } from "./reference.js";

const FOLDER = "wild/wild.json";

interface WildCase {
  readonly file: string;
  readonly format: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

function wildCases(): readonly WildCase[] {
  const read = hasReference(FOLDER) ? readReference(FOLDER) : [];
  return (Array.isArray(read) ? read : []).flatMap((each: unknown) => {
    if (!isObject(each) || typeof each["file"] !== "string" || typeof each["format"] !== "string" || !isObject(each["expect"])) return [];
    return [{ file: each["file"], format: each["format"], expect: each["expect"] }];
  });
}

/** Sizes that the file leaves open, as the figures take them: 1 where `wild.json` does not say. */
const DIMS: Readonly<Record<string, readonly string[]>> = {
  "genai_multimodal-decoder-no-input-ids_dummy_text.onnx": ["seq=1", "past_seq=1"],
  "genai_tiny-random-gpt2-fp32_past.onnx": ["batch_size=2", "seq_len=5", "total_seq_len=8", "past_seq_len=3"],
  "genai_tiny-random-lfm2-fp32_decoder.onnx": ["sequence_length=1", "past_sequence_length=1", "total_sequence_length=2"],
  "lstm_k1_b1_r1.onnx": ["M1=1"],
  "yunet_n_dynamic.onnx": ["height=32", "width=32"],
};

/** Figures that are of another input than the one above. */
const OF_ANOTHER_INPUT: Readonly<Record<string, string>> = {
  // A picture of 1x1: ONNX Runtime's pools, whose division rounds towards zero, make 1x1 of it, ONNX's make nothing.
  "yunet_n_dynamic.onnx": "macs",
};

/** Cases whose outputs are those of their first layer. */
const OF_FIRST_LAYER = new Set(["mini_skipln.onnx"]);

/** Formats whose files are read today. */
const FORMATS: readonly string[] = ["onnx", "tflite", "h5", "ort", "pb", "mlmodel"];
/** Texts that are read today, whose format is only that they are JSON. */
const TEXTS = /^(mini_|tfjs_|hls_|ml5_)/;

/** Formats that are told by name, and not read. */
const NOT_READ = new Set(["ort", "pb", "mlmodel"]);

/** What stands beside a file. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
  // k, which has no value in the case: its outputs say 3.
  "mini_tfjs_topk.json": { "g.bin": new Uint8Array([3, 0, 0, 0]) },
};

/** Cases that are not right yet, and why. */
const NOT_YET: Readonly<Record<string, string>> = {
  // Of a picture of 1x1 the padded batches of SPACE_TO_BATCH_ND have 36 positions: 15,552 MACs. The figure has the file's placeholders for them.
  "dilated_conv.tflite": "a figure of placeholders, 1x1 for the 36 blocks that are convolved",
  // The file has the architecture alone, and GarNet is the authors' own class: its parameters are "at least".
  "hls_garnet_1layer.json": "the weights of an own class stand in another file",
  // One product's K is 1 on the left and 42 on the right.
  "lrt_dynamic_shapes.tflite": "a figure of placeholders that contradict each other",
};

interface Report {
  readonly exit: number;
  readonly stderr: string;
  readonly partial: unknown;
  readonly warnings: readonly unknown[];
  readonly outputs: readonly unknown[];
  readonly totals: Readonly<Record<string, unknown>>;
  readonly layers: readonly Readonly<Record<string, unknown>>[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const texts = (value: unknown) => list(value).filter((each) => typeof each === "string");
const objects = (list: unknown) => (Array.isArray(list) ? list : []).flatMap((each: unknown) => (isObject(each) ? [each] : []));

async function count({ file }: WildCase): Promise<Report> {
  const bytes = readFileSync(fileURLToPath(new URL(`../../../shared/reference/wild/${file}`, import.meta.url)));
  const dims = (DIMS[file] ?? []).flatMap((dim) => ["--dim", dim]);
  const beside = Object.entries(BESIDE[file] ?? {}).map(([name, content]) => [name, { type: "file", bytes: content }] as const);
  const files = { [file]: { type: "file" as const, bytes }, ...Object.fromEntries(beside) };
  const { code, stdout, stderr } = await convcost(["count", file, "--json", ...dims], { files });
  const json: unknown = code === 0 ? JSON.parse(stdout) : {};
  const read: Readonly<Record<string, unknown>> = isObject(json) ? json : {};
  const { partial, outputs, totals, layers, warnings } = read;
  const rows = objects(layers);
  const shapes = OF_FIRST_LAYER.has(file) ? rows[0]?.["outputs"] : objects(outputs).map(({ shape }) => shape);
  return {
    exit: code,
    stderr,
    partial,
    warnings: texts(warnings),
    outputs: list(shapes),
    totals: isObject(totals) ? totals : {},
    layers: rows,
  };
}

/** What a report says of one of the things that `wild.json` expects. Undefined where the figure is of another kind, with a test of its own. */
function said({ exit, partial, outputs, totals, layers }: Report, what: string): unknown {
  if (what === "exit") return exit;
  if (what === "partial") return partial;
  if (what === "outputs") return outputs;
  if (what === "output") return outputs[0];
  if (what === "params+buffers" || what === "stored") return Number(totals["params"]) + Number(totals["buffers"]);
  const [layer, figure] = what.split(".");
  if (figure !== undefined) return layers.find(({ name }) => name === layer)?.[figure];
  return totals[what];
}

const CHECKED = /^(exit|partial|outputs?|macs|params|buffers|params\+buffers|stored|.*\.activationBytes)$/;

describe.skipIf(!hasReference(FOLDER))("../shared/reference/wild: model files of strangers", () => {
  const cases = wildCases().filter(({ format, file }) => (FORMATS.includes(format) || TEXTS.test(file)) && !(file in NOT_YET));

  it.each(cases)("$file", async (wild) => {
    const report = await count(wild);
    if (!NOT_READ.has(wild.format)) expect(report.stderr).not.toMatch(/^error/m);
    // A model that was only partly known, and has no figure, is known as a whole.
    if (wild.format === "onnx") expect(report.partial).toBe(false);
    const { message } = wild.expect;
    if (typeof message === "string") expect(report.warnings.join("\n") + report.stderr).toContain(message);
    for (const [what, right] of Object.entries(wild.expect)) {
      if (CHECKED.test(what) && OF_ANOTHER_INPUT[wild.file] !== what) expect({ [what]: said(report, what) }).toEqual({ [what]: right });
    }
  });

  // An amount of 100 parameters is not theirs, whether all of theirs are known or not.
  it.each(cases.filter(({ expect: wanted }) => "check --max-params 100" in wanted))("$file passes no budget of 100 parameters", async ({ file }) => {
    const bytes = readFileSync(fileURLToPath(new URL(`../../../shared/reference/wild/${file}`, import.meta.url)));
    const { code } = await convcost(["check", file, "--max-params", "100"], { files: { [file]: { type: "file", bytes } } });
    expect([1, 2]).toContain(code);
  });

  it.each(Object.entries(NOT_YET))("%s is not right yet: %s", (file) => {
    expect(wildCases().map((each) => each.file)).toContain(file);
  });
});
