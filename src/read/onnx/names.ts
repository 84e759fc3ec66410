import type { NodeProto } from "./schema.js";

/**
 * Name of a node's layer: its own, behind the module that PyTorch's exporter notes about it (`pkg.torch.onnx.name_scopes`, a list of
 * modules from the outside in, the last being the operator itself); its operator and number where it has none.
 */
export function layerName(proto: NodeProto, index: number): string {
  const own = proto.name === "" ? `${proto.opType}_${index}` : proto.name;
  const scopes = proto.metadata.get("pkg.torch.onnx.name_scopes");
  if (scopes === undefined || own.includes("/")) return own;
  const modules = [...scopes.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? "");
  const module = modules.slice(0, -1).at(-1) ?? "";
  return module === "" ? own : `/${module}/${own}`;
}
