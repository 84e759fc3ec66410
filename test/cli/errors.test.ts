import { describe, expect, it } from "vitest";
import { convcost, file, type Setting } from "./run.js";

interface Case {
  readonly what: string;
  readonly argv: readonly string[];
  readonly setting?: Setting;
  /** What the message must hold. */
  readonly says: readonly string[];
  /** The text under the carets. */
  readonly marks?: string;
}

const input = ["--input", "3x32x32"];

const cases: readonly Case[] = [
  { what: "unknown word", argv: ["count", "dww 3x3", ...input], says: ["there is no layer `dww`", "did you mean `dw`?"], marks: "dww" },
  { what: "unknown PyTorch layer", argv: ["count", "nn.Conv2D(3, 8, 3)", ...input], says: ["Conv2D", "did you mean `Conv2d`?"], marks: "nn.Conv2D" },
  { what: "unknown Keras layer", argv: ["count", "layers.Conv2d(8, 3)", ...input], says: ["did you mean `Conv2D`?"], marks: "layers.Conv2d" },
  {
    what: "unknown argument",
    argv: ["count", "nn.Conv2d(3, 8, 3, strides=2)", ...input],
    says: ["has no argument strides", "did you mean `stride`?"],
    marks: "strides",
  },
  {
    what: "Keras's argument in PyTorch",
    argv: ["count", "nn.Conv2d(3, 8, 3, filters=2)", ...input],
    says: ["has no argument filters"],
    marks: "filters",
  },
  {
    what: "the second of two layers that are written alike",
    argv: ["count", "./layers.txt", "--input", "3x4x4"],
    setting: { files: { "./layers.txt": file("conv 3x3 3->3 p0\nrelu\nconv 3x3 3->3 p0\n") } },
    says: ["layers.txt:3:1"],
    marks: "conv 3x3 3->3 p0",
  },
  {
    what: "the second of two steps of attention that are written alike",
    argv: ["count", "mha 8; linear 12; mha 8", "--input", "1x5x16"],
    says: ["embed_dim 12 is not divisible by num_heads 8\n  mha 8; linear 12; mha 8\n                    ^^^^^"],
    marks: "mha 8",
  },
  // Found by fuzzing: it did not end.
  {
    what: "a dimension of blanks",
    argv: ["count", "relu", ...input, "--dim", `batch=1,${"\t".repeat(50_000)}s`],
    says: ["binds no dimension", "--dim batch=1,seq=128"],
  },
  { what: "missing argument", argv: ["count", "nn.Conv2d(3, 8)", ...input], says: ["needs kernel_size"] },
  { what: "too many arguments", argv: ["count", "nn.ReLU(True, 1)", ...input], says: ["takes at most 1"], marks: "1" },
  { what: "argument given twice", argv: ["count", "nn.Conv2d(3, 8, 3, in_channels=3)", ...input], says: ["given twice"], marks: "in_channels" },
  { what: "wrong type", argv: ["count", "nn.Conv2d(3, 'eight', 3)", ...input], says: ["out_channels", "not an integer"], marks: "'eight'" },
  { what: "fraction", argv: ["count", "nn.Conv2d(3, 8.5, 3)", ...input], says: ["not an integer"], marks: "8.5" },
  { what: "flag that is no flag", argv: ["count", "nn.Conv2d(3, 8, 3, bias=7)", ...input], says: ["True or False"], marks: "7" },
  {
    what: "channels that do not match",
    argv: ["count", "conv 3x3 4->8", ...input],
    says: ["expects 4 input channels, but its input has 3"],
    marks: "conv 3x3 4->8",
  },
  {
    what: "channels that do not match the layer before",
    argv: ["count", "conv 3x3 3->8; pw 16->8", ...input],
    says: ["expects 16 input channels, but its input has 8"],
    marks: "pw 16->8",
  },
  { what: "groups that do not divide", argv: ["count", "conv 3x3 3->8 g2", ...input], says: ["not divisible by groups 2"] },
  {
    what: "window larger than its padded input",
    argv: ["count", "nn.Conv2d(3, 8, 40)", ...input],
    says: ["40x40", "larger than its padded input, 32x32"],
  },
  { what: "zero kernel", argv: ["count", "conv 0x3 8", ...input], says: ["too small"], marks: "0x3" },
  { what: "zero channels", argv: ["count", "conv 3x3 3->0", ...input], says: ["too small"], marks: "3->0" },
  { what: "negative stride", argv: ["count", "nn.Conv2d(3, 8, 3, stride=-1)", ...input], says: ["stride of Conv2d is -1"], marks: "-1" },
  { what: "absurd size", argv: ["count", "conv 3x3 3->99999999999", ...input], says: ["larger than 2^31 - 1"], marks: "3->99999999999" },
  { what: "zero input", argv: ["count", "conv 3x3 8", "--input", "3x0x32"], says: ["--input", "is 0"] },
  { what: "negative input", argv: ["count", "conv 3x3 8", "--input=3x-1x32"], says: ["negative"] },
  { what: "absurd input", argv: ["count", "conv 3x3 8", "--input", "3x4294967296x32"], says: ["larger than 2^31 - 1"] },
  { what: "input that is no shape", argv: ["count", "conv 3x3 8", "--input", "abc"], says: ["'abc' is not a shape"] },
  { what: "missing input", argv: ["count", "conv 3x3 3->8"], says: ["input shape is not known", "--input"], marks: "conv 3x3 3->8" },
  { what: "missing channels", argv: ["count", "conv 3x3 8 @32x32"], says: ["channels are not known"] },
  { what: "wrong @", argv: ["count", "conv 3x3 8 @16x16", ...input], says: ["said to be at 16x16, but its input is 32x32"] },
  { what: "open bracket", argv: ["count", "nn.Conv2d(3, 8, 3", ...input], says: ["never closed"], marks: "(" },
  { what: "open tuple", argv: ["count", "nn.Conv2d(3, 8, (3, 3", ...input], says: ["never closed"], marks: "(" },
  { what: "bracket too many", argv: ["count", "nn.Conv2d(3, 8, 3))", ...input], says: ["never opened"], marks: ")" },
  { what: "open repeat", argv: ["count", "3*(conv 3x3 8", ...input], says: ["never closed"], marks: "(" },
  { what: "empty spec", argv: ["count", "", ...input], says: ["there is no layer here"] },
  { what: "spec of blanks and comments", argv: ["count", " ; # nothing", ...input], says: ["there is no layer here"] },
  { what: "empty repeat", argv: ["count", "3*()", ...input], says: ["no layer in this repeat"] },
  { what: "repeat beyond the limit", argv: ["count", "9999*(9999*(relu))", ...input], says: ["more than 100000 layers"] },
  { what: "nesting beyond the limit", argv: ["count", "2*(".repeat(100) + "relu" + ")".repeat(100), ...input], says: ["nested more than 64 deep"] },
  { what: "unknown part", argv: ["count", "conv 3x3 8 z9", ...input], says: ["does not understand `z9`"], marks: "z9" },
  { what: "part that the layer has not", argv: ["count", "pw 8 g2 m2", ...input], says: ["takes no multiplier"], marks: "m2" },
  { what: "depthwise to a channel count that is no multiple", argv: ["count", "dw 3x3 3->8", ...input], says: ["cannot turn 3 channels into 8"] },
  { what: "file that is not there", argv: ["count", "no/such/file.txt", ...input], says: ["no/such/file.txt", "there is no such file"] },
  { what: "folder", argv: ["count", "./layers", ...input], setting: { files: { "./layers": { type: "folder" } } }, says: ["this is a folder"] },
  {
    what: "binary file",
    argv: ["count", "net.bin", ...input],
    setting: { files: { "net.bin": { type: "file", bytes: new Uint8Array([0, 255, 1]) } } },
    says: ["this is binary"],
  },
  { what: "text with a NUL", argv: ["count", "net.txt", ...input], setting: { files: { "net.txt": file("relu\u0000") } }, says: ["this is binary"] },
  {
    what: "error in a file",
    argv: ["count", "net.txt", ...input],
    setting: { files: { "net.txt": file("conv 3x3 8\n  nonsuch 3\n") } },
    says: ["net.txt:2:3: there is no layer `nonsuch`"],
    marks: "nonsuch",
  },
  {
    what: "error on standard input",
    argv: ["count", "-", ...input],
    setting: { stdin: "relu\nnonsuch" },
    says: ["standard input:2:1"],
    marks: "nonsuch",
  },
  {
    what: "unwritable output",
    argv: ["count", "relu", ...input, "-o", "x/y"],
    setting: { writeError: "ENOENT" },
    says: ["x/y", "cannot be written (ENOENT)"],
  },
  { what: "unknown column", argv: ["count", "relu", ...input, "--columns", "params,colour"], says: ["there is no column 'colour'", "expected"] },
  { what: "unknown sort", argv: ["compare", "conv 3x3 8", ...input, "--sort", "beauty"], says: ["cannot be sorted by 'beauty'"] },
  { what: "contradicting formats", argv: ["count", "relu", ...input, "--json", "--format", "csv"], says: ["contradicts"] },
  { what: "unknown format", argv: ["count", "relu", ...input, "--format", "xml"], says: ["xml", "table, json, csv, markdown"] },
  { what: "unknown type", argv: ["count", "relu", ...input, "--dtype", "float9"], says: ["float9"] },
  { what: "batch of zero", argv: ["count", "relu", ...input, "--batch", "0"], says: ["--batch takes a whole number"] },
  { what: "unknown flag", argv: ["count", "relu", "--inptu", "3"], says: ["--inptu", "Did you mean --input?"] },
  { what: "unknown command", argv: ["cuont", "relu"], says: ["unknown command 'cuont'", "count"] },
  { what: "no spec", argv: ["count"], says: ["missing required argument"] },
  { what: "no command", argv: [], says: ["Usage: convcost"] },
  {
    what: "comparison of one layer that is no convolution",
    argv: ["compare", "relu", ...input],
    says: ["compare makes variants of one convolution"],
    marks: "relu",
  },
  { what: "unknown shell", argv: ["completion", "tcsh"], says: ["bash, zsh, fish"] },
];

/** The text above the carets. */
function marked(stderr: string): string | undefined {
  const lines = stderr.split("\n");
  const at = lines.findIndex((line) => /^\s*\^+$/.test(line));
  const carets = lines[at];
  const text = lines[at - 1];
  if (carets === undefined || text === undefined) return undefined;
  const start = carets.indexOf("^");
  return text.slice(start, start + carets.trim().length);
}

describe("every wrong request", () => {
  it.each(cases)("$what: exit code 2, one message, nothing on standard output", async ({ argv, setting, says, marks }) => {
    const { code, stdout, stderr } = await convcost(argv, setting);
    for (const part of says) expect(stderr).toContain(part);
    if (marks !== undefined) expect(marked(stderr)).toBe(marks);
    expect(stdout).toBe("");
    expect(stderr).not.toMatch(/\n\s+at |bug:/);
    expect(code).toBe(2);
  });

  it("shows control characters of a spec as escapes, and the caret still under its place", async () => {
    const { stderr } = await convcost(["count", "relu; \u001b[31mfoo", ...input]);
    expect(stderr).not.toContain("\u001b");
    expect(stderr).toContain("\\x1b[31m");
  });
});
