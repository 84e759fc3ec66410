import { strToU8, zipSync } from "fflate";
import { functional, input as kerasInput, layer, sequential } from "../../test/read/keras-layers.js";
import { joined, list, one, type Many } from "./of.js";

const image = kerasInput("x", [null, 8, 8, 3]);
const activation = (at: number, ...calls: readonly (readonly string[])[]) => layer("ReLU", `l${at}`, {}, ...calls);

/** Parts of what is written as text. */
export const TEXT_PARTS: readonly Many[] = [
  {
    what: "layers of a Sequential",
    most: 8000,
    make: (count) => one("m.json", JSON.stringify(sequential(image, ...list(count, (at) => activation(at))))),
  },
  {
    what: "layers of a Functional model",
    most: 5000,
    make: (count) =>
      one("m.json", JSON.stringify(functional([image, ...list(count, (at) => activation(at, [at === 0 ? "x" : `l${at - 1}`]))], `l${count - 1}`))),
  },
  {
    what: "calls of one Keras layer",
    most: 20_000,
    make: (count) =>
      one(
        "m.json",
        JSON.stringify(
          functional(
            [
              image,
              activation(0, ...list(count, () => ["x"])),
              layer(
                "Add",
                "s",
                {},
                list(count, (at) => `l0#${at}`),
              ),
            ],
            "s",
          ),
        ),
      ),
  },
  {
    what: "keys of a Keras config",
    most: 50_000,
    make: (count) => one("m.json", JSON.stringify(sequential(image, layer("ReLU", "r", Object.fromEntries(list(count, (at) => [`k${at}`, at])))))),
  },
  {
    what: "layers in a Keras archive",
    most: 8000,
    make: (count) =>
      one(
        "m.keras",
        zipSync({
          "metadata.json": strToU8("{}"),
          "config.json": strToU8(JSON.stringify(sequential(image, ...list(count, (at) => activation(at))))),
        }),
      ),
  },
  {
    what: "modules of a print",
    most: 40_000,
    make: (count) => one("m.txt", `Net(\n${joined(count, (at) => `  (l${at}): Linear(in_features=4, out_features=4, bias=True)`)}\n)\n`),
  },
  { what: "modules of a print by one name", most: 40_000, make: (count) => one("m.txt", `Net(\n${joined(count, () => "  (l): ReLU()")}\n)\n`) },
  {
    what: "unknown modules of a print",
    most: 40_000,
    make: (count) => one("m.txt", `Net(\n${joined(count, (at) => `  (l${at}): Own${at}()`)}\n)\n`),
  },
  {
    what: "arguments of a printed module",
    most: 60_000,
    make: (count) => one("m.txt", `Net(\n  (l): Conv2d(3, 8, kernel_size=(3, 3), ${joined(count, (at) => `a${at}=1`, ", ")})\n)\n`),
  },
  {
    what: "nested modules of a print",
    most: 100,
    make: (count) =>
      one(
        "m.txt",
        `${joined(count, (at) => `${" ".repeat(2 * at)}${at === 0 ? "Net(" : "(a): Sequential("}`)}\n${joined(count, (at) => `${" ".repeat(2 * (count - at - 1))})`)}\n`,
      ),
  },
  {
    what: "layers of a line",
    most: 100_000,
    make: (count) =>
      one(
        "l.txt",
        joined(count, () => "relu", "; "),
        "--input",
        "4",
      ),
  },
  {
    what: "lines of layers",
    most: 60_000,
    make: (count) =>
      one(
        "l.txt",
        joined(count, () => "linear 4 bias"),
        "--input",
        "4",
      ),
  },
  {
    what: "groups in a line",
    most: 60_000,
    make: (count) =>
      one(
        "l.txt",
        joined(count, () => "2*(relu)", "; "),
        "--input",
        "4",
      ),
  },
  { what: "nested groups", most: 100_000, make: (count) => one("l.txt", `${"1*(".repeat(count)}relu${")".repeat(count)}`, "--input", "4") },
  {
    what: "arguments of a layer",
    most: 100_000,
    make: (count) => one("l.txt", `nn.Conv2d(3, 8, 3, ${joined(count, (at) => `a${at}=1`, ", ")})`, "--input", "3x8x8"),
  },
  { what: "layers of a network", most: 40_000, make: (count) => one("n.yaml", `input: [4]\nlayers:\n${joined(count, () => "  - relu")}\n`) },
  {
    what: "parameters of a network",
    most: 40_000,
    make: (count) => one("n.yaml", `parameters:\n${joined(count, (at) => `  p${at}: ${at}`)}\ninput: [4]\nlayers: relu\n`),
  },
  {
    what: "functions of a network",
    most: 30_000,
    make: (count) => one("n.yaml", `functions:\n${joined(count, (at) => `  f${at}(a): a + 1`)}\ninput: [4]\nlayers: relu\n`),
  },
  {
    what: "variants of a network",
    most: 30_000,
    make: (count) => one("n.yaml", `parameters: { a: 1 }\nvariants:\n${joined(count, (at) => `  v${at}: { a: ${at} }`)}\ninput: [4]\nlayers: relu\n`),
  },
  {
    what: "terms of an expression",
    most: 200_000,
    make: (count) => one("n.yaml", `input: [4]\nlayers: "linear {${joined(count, () => "1", "+")}}"\n`),
  },
  {
    what: "nested brackets of an expression",
    most: 100_000,
    make: (count) => one("n.yaml", `input: [4]\nlayers: "linear {${"(".repeat(count)}1${")".repeat(count)}}"\n`),
  },
  {
    what: "nested lists of YAML",
    most: 100_000,
    make: (count) => one("n.yaml", `input: [4]\nlayers: ${"[".repeat(count)}relu${"]".repeat(count)}\n`),
  },
  {
    what: "keys of a network as JSON",
    most: 60_000,
    make: (count) => one("n.json", `{${joined(count, (at) => `"k${at}": 1`, ",")}, "input": [4], "layers": "relu"}`),
  },
  { what: "blanks", most: 1_000_000, make: (count) => one("l.txt", `relu${" ".repeat(count)}; relu`, "--input", "4") },
  { what: "digits", most: 1_000_000, make: (count) => one("l.txt", `linear ${"1".repeat(count)}`, "--input", "4") },
];
