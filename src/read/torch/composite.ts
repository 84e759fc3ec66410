import type { Layer } from "../../graph/layer.js";
import { own } from "../../graph/own.js";
import { withoutPrefix } from "./classes.js";
import type { NamedLayer } from "./module.js";
import type { PrintedModule } from "./tree.js";

/** Children of a class of PyTorch by their operators; those after a `?` may be left out. */
const COMPOSITES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  MultiheadAttention: { out_proj: "linear" },
  TransformerEncoderLayer: encoderParts(2),
  TransformerDecoderLayer: { ...encoderParts(3), multihead_attn: "multi_head_attention" },
};

function encoderParts(norms: number): Readonly<Record<string, string>> {
  const numbered = Array.from({ length: norms }, (_, index) => String(index + 1));
  return {
    self_attn: "multi_head_attention",
    linear1: "linear",
    linear2: "linear",
    ...Object.fromEntries(numbered.map((number) => [`norm${number}`, "layer_norm"])),
    ...Object.fromEntries(["", ...numbered].map((number) => [`?dropout${number}`, "dropout"])),
    "?activation": "",
  };
}

/** Classes that hold whatever there is, or nothing. */
const CONTAINERS = new Set(["Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "BufferDict", "Module", "GraphModule"]);

/** Other classes of PyTorch that hold modules and store nothing themselves, with the names of what they hold. */
const HOLDERS: Readonly<Record<string, RegExp>> = {
  ParametrizationList: /^\d+$/,
  TransformerEncoder: /^(?:layers|norm)$/,
  TransformerDecoder: /^(?:layers|norm)$/,
  Transformer: /^(?:encoder|decoder)$/,
  AdaptiveLogSoftmaxWithLoss: /^(?:head|tail)$/,
  DataParallel: /^module$/,
  DistributedDataParallel: /^module$/,
  FullyShardedDataParallel: /^_fsdp_wrapped_module$/,
  OptimizedModule: /^_orig_mod$/,
  FloatFunctional: /^activation_post_process$/,
  QFunctional: /^activation_post_process$/,
  QuantStub: /^activation_post_process$/,
  DeQuantStub: /^activation_post_process$/,
};

/** torchvision's subclasses of nn.Sequential, by the classes that they hold. */
const CHAINS: Readonly<Record<string, RegExp>> = {
  Conv2dNormActivation: /^Conv2d( \w+){0,2}$/,
  Conv3dNormActivation: /^Conv3d( \w+){0,2}$/,
  ConvNormActivation: /^Conv[23]d( \w+){0,2}$/,
  ConvBNActivation: /^Conv2d BatchNorm2d \w+$/,
  ConvBNReLU: /^Conv2d BatchNorm2d ReLU6?$/,
  // Its last linear layer is followed by a dropout, as all of them are.
  MLP: /^(?:Linear (?:\w+ ){1,2}Dropout )*Linear Dropout$/,
};

/** Whether a module runs its children one after the other: nn.Sequential, and what torchvision makes of it. */
export function isChain({ className, args, children }: PrintedModule): boolean {
  if (args !== "") return false;
  if (withoutPrefix(className) === "Sequential") return true;
  const pattern = own(CHAINS, className);
  const numbered = children.every(({ name }, index) => name === String(index));
  return pattern !== undefined && numbered && pattern.test(children.map((child) => child.className).join(" "));
}

/** Whether a module is one that holds what it shows and stores nothing itself. */
export function isHolder(module: PrintedModule): boolean {
  const className = withoutPrefix(module.className);
  if (CONTAINERS.has(className) || isChain(module) || hasParts(module)) return true;
  const names = own(HOLDERS, className);
  return names !== undefined && module.children.length > 0 && module.children.every(({ name }) => names.test(name));
}

/** Whether a module shows the children that PyTorch's class of that name has. */
function hasParts({ className, args, children }: PrintedModule): boolean {
  const parts = COMPOSITES[withoutPrefix(className)];
  if (parts === undefined || args !== "") return false;
  const names = new Set(children.map(({ name }) => name));
  const known = Object.keys(parts);
  return (
    children.every(({ name }) => known.includes(name) || known.includes(`?${name}`)) && known.every((name) => name.startsWith("?") || names.has(name))
  );
}

/** The layers of children that PyTorch's class of that name has, in their sizes; undefined where it is another class, or something that no layer says. */
export function partsOf(module: PrintedModule, layerOf: (child: PrintedModule) => Layer | undefined): readonly NamedLayer[] | undefined {
  const parts = COMPOSITES[withoutPrefix(module.className)];
  if (parts === undefined || !hasParts(module)) return undefined;
  const layers = module.children.flatMap((child): NamedLayer[] => {
    const layer = child.count === 1 ? layerOf(child) : undefined;
    const op = parts[child.name] ?? parts[`?${child.name}`];
    return layer !== undefined && (op === "" || op === layer.op) ? [{ name: child.name, layer }] : [];
  });
  return layers.length === module.children.length && isOneWidth(layers) ? layers : undefined;
}

/** A transformer's layers all have the width of the model, the two linear layers of its feed-forward theirs between them. */
function isOneWidth(layers: readonly NamedLayer[]): boolean {
  const weights = (name: string) => layers.find((each) => each.name === name)?.layer.stores?.find((tensor) => tensor.name === "weight")?.shape ?? [];
  const [hidden, width] = weights("linear1");
  if (width === undefined) return weights("out_proj")[0] === weights("out_proj")[1];
  const norms = layers.filter(({ layer }) => layer.op === "layer_norm").map(({ name }) => weights(name));
  const attention = layers.filter(({ layer }) => layer.op === "multi_head_attention").map(({ name }) => weights(name));
  return (
    weights("linear2").join() === `${width},${hidden ?? 0}` &&
    norms.every((shape) => shape.join() === String(width)) &&
    attention.every((shape) => shape.join() === `${width},${width}`)
  );
}
