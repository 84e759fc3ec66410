import type { CalledAs } from "../../graph/layer.js";
import { isObject, type Json } from "../keras/json.js";
import type { Origin } from "./program.js";

/** Where a node stands in the model's code, by its metadata: `L__self___features_0,features.0,torch.nn.modules.conv.Conv2d;...`. */
export function originOf(metadata: Json | undefined): Origin {
  const { nn_module_stack: stack, torch_fn: fn } = isObject(metadata) ? metadata : {};
  const last = typeof stack === "string" ? (stack.split(";").at(-1) ?? "").split(",") : [];
  const called = typeof fn === "string" ? fn.split(";").at(-1) : undefined;
  // What a hook of the exporter put there.
  if (last[1] === undefined || last[0]?.startsWith("_empty") === true) return { path: "", called };
  const path = last[1]
    .replace(/^L\['self'\]/, "")
    .replace(/\[['"]?([^\]'"]*)['"]?\]/g, ".$1")
    .replace(/^\./, "");
  return { path, moduleClass: last.slice(2).join(","), called };
}

/** Letters of a name alone, without its rank: `BatchNorm2d` and `batch_norm` are `batchnorm`. */
const plain = (name: string) => name.replace(/\dd$/i, "").replaceAll("_", "").toLowerCase();

/** Modules whose class is not called as their operator. */
const MODULES: Readonly<Record<string, string>> = {
  syncbatchnorm: "batchnorm",
  nondynamicallyquantizablelinear: "linear",
  upsamplingnearest: "upsample",
  upsamplingbilinear: "upsample",
  alphadropout: "dropout",
  featurealphadropout: "dropout",
};

/**
 * How the code calls an operator: as a module of PyTorch's where the innermost module around it is of that class; a module of another class that is named after it and stores its
 * weight is taken for a subclass. Nothing where the file does not tell.
 * @param ownsWeight the operator's weight stands in that module
 */
export function calledAs(op: string, { moduleClass, called }: Origin, ownsWeight: boolean): CalledAs | undefined {
  if (moduleClass === undefined) return undefined;
  const name = plain(moduleClass.split(".").at(-1) ?? "");
  const own = plain(op.replace(/^constant_pad_nd|^(reflection|replication)_pad\dd/, "pad"));
  const isNamed = (Object.hasOwn(MODULES, name) ? MODULES[name] : name) === own || (own === "pad" && /pad$/.test(name));
  if (isNamed && /^torch\.nn\./.test(moduleClass)) return "module";
  if (ownsWeight && name.includes(own)) return "subclass";
  return called === undefined || called.startsWith("method_descriptor") ? "operator" : "function";
}

/** Whether a layer of PyTorch's own stands in pieces: an operator of another name is inside it (multi-head attention, a layer that was decomposed). */
export function isPiece(how: CalledAs | undefined, { moduleClass = "" }: Origin): boolean {
  return how !== undefined && how !== "module" && /^torch\.nn\.modules\.(?!container)/.test(moduleClass);
}
