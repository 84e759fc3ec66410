import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { bytesSource } from "../../src/read/onnx/bytes.js";
import { readOnnx, type ReadOnnxOptions } from "../../src/read/onnx/read.js";
import { hasReference, readReference } from "./reference.js";
import { modelsOf } from "./torchvision.js";

const FOLDER = fileURLToPath(new URL("../../../shared/reference/", import.meta.url));
const models = new Map(modelsOf());

const filesOf = (folder: string) => (hasReference(folder) ? readdirSync(`${FOLDER}${folder}`).filter((name) => name.endsWith(".onnx")) : []);

function count(path: string, options: ReadOnnxOptions = {}) {
  return analyze(readOnnx(bytesSource(readFileSync(`${FOLDER}${path}`)), { source: path, ...options }));
}

describe.skipIf(!hasReference("onnx"))("../shared/reference/onnx*: torchvision's models as PyTorch exports them", () => {
  const folders = ["onnx", "onnx-bn", "onnx-dyn", "onnx-op17"];

  it.each(folders.flatMap((folder) => filesOf(folder).map((file) => `${folder}/${file}`)))("%s: multiply-adds", (path) => {
    const model = models.get(path.replace(/^.*\/(.*)\.onnx$/, "$1"));
    const { totals, partial } = count(path);
    expect(totals.macs).toBe(BigInt(model?.macs ?? -1));
    expect(partial).toBe(false);
  });

  it.each([...folders, "onnx-light", "onnx-nodes"])("%s: shapes that were inferred as a model was read are what they are inferred anew", (folder) => {
    for (const file of filesOf(folder)) {
      const graph = readOnnx(bytesSource(readFileSync(`${FOLDER}${folder}/${file}`)), { source: file });
      const [read, anew] = [graph, { ...graph, inferred: undefined, inferences: undefined }].map((each) => {
        const { layers, ...analysis } = analyze(each);
        return { ...analysis, layers: layers.map(({ formulas, ...layer }) => ({ ...layer, formulas: formulas?.() })) };
      });
      expect(read, file).toEqual(anew);
    }
  });

  // The export leaves the auxiliary classifier of Inception v3 out: 3,326,696 parameters.
  const AUXILIARY: Readonly<Record<string, number>> = { inception_v3: 3_326_696 };

  it.each(filesOf("onnx-bn"))("onnx-bn/%s: parameters", (file) => {
    const name = file.replace(".onnx", "");
    expect(count(`onnx-bn/${file}`).totals.params).toBe(BigInt((models.get(name)?.params ?? -1) - (AUXILIARY[name] ?? 0)));
  });

  it("an open batch is 1 with a warning, or what is said", () => {
    const open = count("onnx-dyn/mobilenet_v2.onnx");
    expect(open.warnings.join()).toMatch(/the batch of input .* is open/);
    const four = count("onnx-dyn/mobilenet_v2.onnx", { batch: 4 });
    expect(four.totals.macs).toBe(4n * open.totals.macs);
    expect(four.warnings).toEqual([]);
  });

  it("a file that is cut off is told as such", () => {
    const bytes = readFileSync(`${FOLDER}onnx/resnet18.onnx`);
    for (const length of [0, 1, 20, 1000, bytes.length - 1]) {
      expect(() => readOnnx(bytesSource(bytes.subarray(0, length)))).toThrow(/cut off|no ONNX model/);
    }
  });
});

// Caffe's models: their weights are made by ConstantOfShape and ConstantFill nodes. BVLC AlexNet has 60,965,224 parameters, SqueezeNet 1.1 1,235,496.
describe.skipIf(!hasReference("onnx-light"))("../shared/reference/onnx-light: early opsets", () => {
  it.each([
    ["bvlc_alexnet", 60_965_224],
    ["squeezenet", 1_235_496],
  ])("%s", (name, params) => {
    expect(count(`onnx-light/${name}.onnx`).totals.params).toBe(BigInt(params));
  });
});

interface NodeCase {
  readonly name: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

function nodeCases(): readonly NodeCase[] {
  if (!hasReference("onnx-nodes.json")) return [];
  const cases = readReference("onnx-nodes.json");
  if (!Array.isArray(cases)) throw new Error("onnx-nodes.json is a list");
  return cases.map((each: unknown) => {
    if (typeof each !== "object" || each === null || !("name" in each) || !("outputs" in each)) throw new Error("a case has a name and outputs");
    return { name: String(each.name), outputs: Object.fromEntries(Object.entries(each.outputs ?? {})) };
  });
}

/** Models whose shapes nobody can tell before they run, and why. */
const DATA_DEPENDENT: Readonly<Record<string, readonly string[]>> = {
  "a sequence of unknown length goes in": [
    "test_loop16_seq_none",
    "test_optional_get_element_optional_sequence",
    "test_optional_get_element_sequence",
    "test_sequence_insert_at_back",
    "test_sequence_map_add_1_sequence_1_tensor",
    "test_sequence_map_identity_1_sequence_1_tensor",
    "test_sequence_map_extract_shapes",
  ],
  "a size is an input of floats or of int32, which the suite gives when it runs": [
    "test_blackmanwindow_expanded",
    "test_hammingwindow_symmetric_expanded",
    "test_hannwindow_symmetric_expanded",
    "test_range_float_type_positive_delta",
    "test_blackmanwindow",
    "test_hammingwindow",
    "test_hannwindow",
    "test_melweightmatrix",
    "test_onehot_negative_indices",
    "test_onehot_with_axis",
    "test_onehot_with_negative_axis",
    "test_resize_downsample_scales_cubic",
    "test_resize_downsample_scales_cubic_align_corners",
    "test_resize_downsample_scales_linear",
    "test_resize_downsample_scales_linear_antialias",
    "test_resize_downsample_scales_nearest",
    "test_resize_upsample_scales_cubic",
    "test_resize_upsample_scales_cubic_align_corners",
    "test_resize_upsample_scales_linear",
    "test_resize_upsample_scales_linear_half_pixel_symmetric",
    "test_resize_upsample_scales_nearest_axes_2_3",
    "test_upsample_nearest",
  ],
  "what is picked depends on the data": [
    "test_compress_0",
    "test_compress_bfloat16",
    "test_compress_negative_axis",
    "test_image_decoder_decode_bmp_rgb",
    "test_image_decoder_decode_jpeg_bgr",
    "test_image_decoder_decode_jpeg_rgb",
    "test_image_decoder_decode_pnm_rgb",
    "test_image_decoder_decode_webp_rgb",
    "test_nonmaxsuppression_center_point_box_format",
    "test_nonmaxsuppression_identical_boxes",
    "test_nonmaxsuppression_limit_output_size",
    "test_nonmaxsuppression_suppress_by_IOU",
    "test_nonmaxsuppression_two_batches",
    "test_nonzero_example",
    "test_string_split_basic",
    "test_string_split_empty_string_delimiter",
    "test_string_split_maxsplit",
    "test_strnormalizer_export_monday_casesensintive_lower",
    "test_strnormalizer_export_monday_casesensintive_upper",
    "test_strnormalizer_export_monday_insensintive_upper_twodim",
    "test_unique_bfloat16_sorted_without_axis",
    "test_unique_not_sorted_without_axis",
    "test_unique_sorted_with_axis_3d",
    "test_unique_sorted_without_axis",
  ],
  "a Loop ends by its data": [
    "test_range_float_type_positive_delta_expanded",
    "test_sequence_map_add_2_sequences_expanded",
    "test_sequence_map_identity_1_sequence_1_tensor_expanded",
    "test_sequence_map_identity_2_sequences_expanded",
  ],
};

/** How far one conformance model is counted: every output as the suite has it, or some of them open, or anything else that it should not be. */
function outcome({ name, outputs }: NodeCase): string {
  const analysis = count(`onnx-nodes/${name}.onnx`);
  const ours = new Map(analysis.outputs.map((output) => [output.name, output.shape]));
  const wrong = Object.entries(outputs).flatMap(([key, shape]) => {
    // Of sequences and of some types of element the suite has no shape.
    if (!Array.isArray(shape)) return [];
    const found = ours.get(key);
    const fits = analysis.partial
      ? found === undefined ||
        found === null ||
        (found.length === shape.length && found.every((size, axis) => typeof size !== "number" || size === shape[axis]))
      : JSON.stringify(found) === JSON.stringify(shape);
    return fits ? [] : [`${key} is ${JSON.stringify(found)}, not ${JSON.stringify(shape)}`];
  });
  return wrong.length > 0 ? wrong.join(", ") : analysis.partial ? "partial" : "agrees";
}

describe.skipIf(!hasReference("onnx-nodes.json"))("../shared/reference/onnx-nodes: ONNX's conformance suite", () => {
  const cases = nodeCases();
  const open = new Map(Object.entries(DATA_DEPENDENT).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)));

  it.each(cases.filter(({ name }) => !open.has(name)))("$name", (each) => {
    expect(outcome(each)).toBe("agrees");
  });

  it.each(cases.filter(({ name }) => open.has(name)).map((each) => ({ ...each, reason: open.get(each.name) })))(
    "$name is said to be open: $reason",
    (each) => {
      expect(outcome(each)).toBe("partial");
    },
  );

  // The suite has many operators twice: as themselves, and unfolded into the function that defines them.
  const names = new Set(cases.map(({ name }) => name));
  const defined = cases.flatMap(({ name }) => {
    const own = name.replace(/_expanded(_ver\d+)?$/, "");
    return own !== name && names.has(own) ? [[own, name] as const] : [];
  });

  it.each(defined)("%s has the multiply-adds of its definition", (own, definition) => {
    expect(count(`onnx-nodes/${own}.onnx`).totals.macs).toBe(count(`onnx-nodes/${definition}.onnx`).totals.macs);
  });
});
