import { fail } from "../graph/diagnostic.js";
import type { Convention } from "./convention.js";
import { calflops } from "./calflops.js";
import { convcost } from "./convcost.js";
import { fvcore } from "./fvcore.js";
import { keras } from "./keras.js";
import { CONVENTION_NAMES, type ConventionName } from "./names.js";
import { onnxTool } from "./onnx-tool.js";
import { paper } from "./paper.js";
import { ptflops } from "./ptflops.js";
import { ptflopsAten } from "./ptflops-aten.js";
import { ptflopsModules } from "./ptflops-modules.js";
import { thop } from "./thop.js";
import { torch } from "./torch.js";
import { torchinfo, torchinfoRelease } from "./torchinfo.js";

/** The one table of conventions. */
const TABLE: Readonly<Record<ConventionName, Convention>> = {
  convcost,
  paper,
  thop,
  ptflops,
  "ptflops-modules": ptflopsModules,
  "ptflops-aten": ptflopsAten,
  fvcore,
  torchinfo,
  "torchinfo-1.8.0": torchinfoRelease,
  calflops,
  "onnx-tool": onnxTool,
  torch,
  keras,
};

/** All of them, in the order of their names' table. */
export function conventions(): readonly Convention[] {
  return CONVENTION_NAMES.map((name) => TABLE[name]);
}

/** A convention by its name. Throws `unknown-convention`, at the flag that said it. */
export function conventionNamed(name: string, flag = "--convention"): Convention {
  const found = conventions().find((convention) => convention.name === name);
  if (found !== undefined) return found;
  return fail("unknown-convention", `there is no convention '${name}'`, {
    place: { kind: "flag", flag },
    expected: CONVENTION_NAMES.join(", "),
  });
}
