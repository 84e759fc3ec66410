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
import { torchinfo } from "./torchinfo.js";

/** The one table of conventions, the program's own first. */
export const CONVENTIONS: readonly Convention[] = [
  convcost,
  paper,
  thop,
  ptflops,
  ptflopsModules,
  ptflopsAten,
  fvcore,
  torchinfo,
  calflops,
  onnxTool,
  torch,
  keras,
];

/** The program's own convention. */
export const OWN = "convcost";

/** A convention by its name. Throws `unknown-convention`, at the flag that said it. */
export function conventionNamed(name: string, flag = "--convention"): Convention {
  const found = CONVENTIONS.find((convention) => convention.name === name);
  if (found !== undefined) return found;
  return fail("unknown-convention", `there is no convention '${name}'`, {
    place: { kind: "flag", flag },
    expected: CONVENTIONS.map((convention) => convention.name).join(", "),
  });
}
