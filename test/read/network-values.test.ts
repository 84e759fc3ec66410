import { describe, expect, it } from "vitest";
import { convcost } from "../cli/run.js";

const HEAD = "input: [4, 8, 8]\n";
/** Places of a network file where a size or a count stands. */
const PLACES: readonly (readonly [name: string, file: (value: string) => string])[] = [
  ["a repeat", (value) => `${HEAD}layers:\n- repeat: "${value}"\n  layers: relu\n`],
  ["a repeat in a line", (value) => `${HEAD}layers: [ "{${value}}*(relu)" ]\n`],
  ["channels", (value) => `${HEAD}layers: [ "pw {${value}}" ]\n`],
  ["channels of PyTorch's notation", (value) => `${HEAD}layers: [ "nn.Conv2d(4, {${value}}, 3)" ]\n`],
  ["a kernel", (value) => `${HEAD}layers: [ "conv {${value}} 8" ]\n`],
  ["a stride", (value) => `${HEAD}layers: [ "conv 3x3 8 s{${value}}" ]\n`],
  ["groups", (value) => `${HEAD}layers: [ "conv 3x3 8 g{${value}}" ]\n`],
  ["a multiplier", (value) => `${HEAD}layers: [ "dw 3x3 m{${value}}" ]\n`],
  ["a dilation", (value) => `${HEAD}layers: [ "conv 3x3 8 d{${value}}" ]\n`],
  ["parts of a split", (value) => `${HEAD}layers:\n- concat: [relu, relu]\n  split: ["${value}", 2]\n`],
  ["a number of parts", (value) => `${HEAD}layers:\n- concat: [relu, relu]\n  split: "${value}"\n`],
  ["an input", (value) => `input: [4, "${value}", 8]\nlayers: [relu]\n`],
  ["a divisor", (value) => `${HEAD}layers: [ "pw {make_divisible(8, ${value})}" ]\n`],
  ["a round", (value) => `${HEAD}layers:\n- for: i\n  in: ["${value}"]\n  layers: pw {i}\n`],
];
const WRONG = ["-1", "0", "2.5 - 1 / 8", "1e300", "2 ** 53", "1 / 0", "1 - 5", "true", "[1]", "3 // 0", "10 % 0"];

const counted = async (text: string) => {
  const files = { "net.yaml": { type: "file" as const, bytes: new TextEncoder().encode(text) } };
  const { code, stderr } = await convcost(["count", "net.yaml"], { files });
  return { code, where: /net\.yaml/.test(stderr) };
};

describe("sizes and counts of a network file that are none are refused with their place", () => {
  it.each(PLACES)("%s may be 2", async (_, file) => {
    expect(await counted(file("1 + 1"))).toMatchObject({ code: 0 });
  });

  // A repeat of 0 is fine: what is left is a network without a layer, which is refused as a whole.
  const cases = PLACES.flatMap(([name, file]) => WRONG.map((value) => [name, value, file(value)] as const)).filter(
    ([name, value]) => !(name === "a repeat" && value === "0") && !(name === "a divisor" && value.includes(".")),
  );
  it.each(cases)("%s of %s", async (_, __, text) => {
    expect(await counted(text)).toEqual({ code: 2, where: true });
  });
});
