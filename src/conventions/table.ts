import { fail } from "../graph/diagnostic.js";
import type { Convention } from "./convention.js";
import { calflops } from "./calflops.js";
import { convcost } from "./convcost.js";
import { fvcore } from "./fvcore.js";
import { keras } from "./keras.js";
import { onnxTool } from "./onnx-tool.js";
import { paper } from "./paper.js";
import { ptflops } from "./ptflops.js";
import { ptflopsAten } from "./ptflops-aten.js";
import { ptflopsModules } from "./ptflops-modules.js";
import { thop } from "./thop.js";
import { torch } from "./torch.js";
import { torchinfo, torchinfoRelease } from "./torchinfo.js";

/** The program's own convention. */
export const OWN = "convcost";

/** The one table of conventions, the program's own first. The bundled program loads another when it is asked for. */
const TABLE: ReadonlyMap<string, () => Convention> = new Map([
  [OWN, () => convcost],
  ["paper", () => paper],
  ["thop", () => thop],
  ["ptflops", () => ptflops],
  ["ptflops-modules", () => ptflopsModules],
  ["ptflops-aten", () => ptflopsAten],
  ["fvcore", () => fvcore],
  ["torchinfo", () => torchinfo],
  ["torchinfo-1.8.0", () => torchinfoRelease],
  ["calflops", () => calflops],
  ["onnx-tool", () => onnxTool],
  ["torch", () => torch],
  ["keras", () => keras],
]);

/** Their names. */
export const CONVENTION_NAMES: readonly string[] = [...TABLE.keys()];

/** All of them, in the table's order. */
export function conventions(): readonly Convention[] {
  return [...TABLE.values()].map((load) => load());
}

/** A convention by its name. Throws `unknown-convention`, at the flag that said it. */
export function conventionNamed(name: string, flag = "--convention"): Convention {
  const found = TABLE.get(name);
  if (found !== undefined) return found();
  return fail("unknown-convention", `there is no convention '${name}'`, {
    place: { kind: "flag", flag },
    expected: CONVENTION_NAMES.join(", "),
  });
}
