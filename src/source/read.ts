import { fail } from "../graph/diagnostic.js";
import type { Graph } from "../graph/graph.js";
import type { Io } from "../io.js";
import type { ExpandOptions } from "../read/network/network.js";
import { closingFiles } from "./closing.js";
import { openLayers } from "./layers.js";
import type { NetworkCache } from "./networks.js";
import { openSource } from "./open.js";
import type { ModelOptions, NetworkText, Source } from "./source.js";

/** A model, or the saved analysis of one. */
export type ModelOrAnalysis = { readonly type: "graph"; readonly graph: Graph } | Extract<Source, { type: "analysis" }>;

/** Parameters as typed: `["alpha=0.5"]`. */
export type Sets = readonly string[];

const NONE = "no layer is given";
const WANTED = { expected: "layer specs, a file, zoo:NAME, or - for standard input" };

/** A model as it was read: its graph for some parameters and inputs. */
export type OpenModel = (set: SetValues, options: ModelOptions) => Graph;

/** Reads one argument as a model. Networks that are read again and again are compiled once where `networks` keeps them. */
export async function openModel(arg: string, io: Io, networks: NetworkCache): Promise<OpenModel> {
  const source = await openSource(arg, io, networks.network);
  return (set, options) => graphOf(source, set, options);
}

/** Reads texts as one chain of layers, or the text of print(model), whatever files there are. */
export async function openTexts(texts: readonly string[]): Promise<OpenModel> {
  const sources = await Promise.all(texts.map(async (text) => openLayers(text, "spec")));
  const [only, ...others] = sources;
  if (only === undefined) return fail("empty-spec", NONE, { expected: "layer specs" });
  if (others.length === 0) return (set, options) => graphOf(only, set, options);
  const graph = joined(
    sources.map((source) => (source.type === "layers" ? source.graph : fail("several-models", "a printed model is one by itself"))),
  );
  return (set, options) => graphOf({ type: "layers", graph }, set, options);
}

/** Reads the arguments as one model: a network, or one chain of layers. */
export async function readModel(args: readonly string[], io: Io, sets: Sets, options: ModelOptions): Promise<Graph> {
  return closingFiles(io, async (files) => modelFrom(args, files, sets, options));
}

async function modelFrom(args: readonly string[], io: Io, sets: Sets, options: ModelOptions): Promise<Graph> {
  const sources = await Promise.all(args.map((arg) => openSource(arg, io)));
  const [only, ...others] = sources;
  if (only === undefined) return fail("empty-spec", NONE, WANTED);
  if (others.length === 0) return graphOf(only, await settingsOf(sets), options);
  const graphs = sources.map((source, index) => {
    if (source.type === "layers") return source.graph;
    return fail("several-models", `${args[index] ?? "this"} is a model of its own`, {
      expected: "one model, or layers alone",
      hint: "convcost compare takes several",
    });
  });
  if (sets.length > 0) refuseSets(PLAIN_LAYERS);
  return joined(graphs);
}

/** Reads one argument as a model, or as what an earlier count has printed of one. */
export async function readModelOrAnalysis(arg: string, io: Io, sets: Sets, options: ModelOptions): Promise<ModelOrAnalysis> {
  return closingFiles(io, async (files) => modelOrAnalysisFrom(arg, files, sets, options));
}

async function modelOrAnalysisFrom(arg: string, io: Io, sets: Sets, options: ModelOptions): Promise<ModelOrAnalysis> {
  const source = await openSource(arg, io);
  if (source.type === "analysis") return source;
  return { type: "graph", graph: graphOf(source, await settingsOf(sets), options) };
}

/** Reads each argument as a model of its own. Parameters that are set go to every network that has them, and to one at least. */
export async function readEach(args: readonly string[], io: Io, sets: Sets, options: ModelOptions): Promise<readonly Graph[]> {
  return closingFiles(io, async (files) => eachFrom(args, files, sets, options));
}

async function eachFrom(args: readonly string[], io: Io, sets: Sets, options: ModelOptions): Promise<readonly Graph[]> {
  const sources = await Promise.all(args.map((arg) => openSource(arg, io)));
  if (sources.length === 0) return fail("empty-spec", NONE, WANTED);
  const set = await settingsOf(sets);
  const networks = sources.flatMap((source) => (source.type === "network" ? [source.network] : []));
  const unknown = Object.keys(set).find((name) => name !== "variant" && !networks.some(({ parameters }) => parameters.has(name)));
  if (unknown !== undefined && networks.length > 0)
    fail("unknown-parameter", `none of these networks has a parameter '${unknown}'`, { place: { kind: "flag", flag: "--set" } });
  return sources.map((source) => {
    if (source.type !== "network") return graphOf(source, networks.length === 0 ? set : {}, options);
    const own = Object.entries(set).filter(([name]) => name === "variant" || source.network.parameters.has(name));
    return graphOf(source, Object.fromEntries(own), options);
  });
}

/** Reads one argument as a network that is to be expanded many times. Throws `no-network`. */
export async function readNetworkText(arg: string, io: Io): Promise<NetworkText> {
  return closingFiles(io, async (files) => networkTextFrom(arg, files));
}

async function networkTextFrom(arg: string, io: Io): Promise<NetworkText> {
  const source = await openSource(arg, io);
  if (source.type === "network") return source.written;
  return fail("no-network", `${ownerOf(source)} no parameters to vary`, {
    expected: "a network file, or zoo:NAME",
    hint: "convcost zoo lists the networks",
  });
}

type SetValues = NonNullable<ExpandOptions["set"]>;

/** `alpha=0.5` as a name and a value. Throws `bad-setting`. */
export async function settingsOf(sets: Sets): Promise<SetValues> {
  if (sets.length === 0) return {};
  const { settingValue } = await import("../read/network/network.js");
  return Object.fromEntries(sets.map((text) => splitSetting(text)).map(([name, value]) => [name, settingValue(value)]));
}

/** A `--set` as its name and the text of its value. Throws `bad-setting`. */
export function splitSetting(text: string): readonly [string, string] {
  const [, name, value] = /^\s*([A-Za-z_]\w*)\s*=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  return fail("bad-setting", `'${text}' sets nothing`, { place: { kind: "flag", flag: "--set" }, expected: "NAME=VALUE, as in --set alpha=0.5" });
}

function graphOf(source: Source, set: SetValues, options: ModelOptions): Graph {
  if (source.type === "analysis") refuseAnalysis(source.source);
  if (source.type !== "model" && Object.keys(options.dims ?? {}).length > 0) refuseDims();
  if (source.type === "network") {
    const { variant } = source.written;
    return source.expand({ ...options, set: variant === undefined ? set : { variant, ...set } });
  }
  if (Object.keys(set).length > 0) refuseSets(ownerOf(source));
  return source.type === "layers" ? source.graph : source.read(options);
}

function refuseAnalysis(path: string): never {
  return fail("saved-analysis", "this is what an earlier count has printed, and no model", {
    place: { kind: "file", path },
    expected: "a model, a network or layers",
    hint: "convcost diff and convcost check read it",
  });
}

const PLAIN_LAYERS = "layers have";

/** What is no network, as the beginning of what it has not. */
function ownerOf(source: Exclude<Source, { type: "network" }>): string {
  if (source.type === "layers") return PLAIN_LAYERS;
  return source.type === "model" ? `${source.what} has` : "a saved analysis has";
}

function refuseDims(): never {
  return fail("unknown-dimension", "only a model file names its dimensions", {
    place: { kind: "flag", flag: "--dim" },
    expected: "--input and --batch for layers and networks",
  });
}

function refuseSets(owner: string): never {
  return fail("no-network", `${owner} no parameters to set`, {
    place: { kind: "flag", flag: "--set" },
    expected: "--set with a network file or zoo:NAME",
  });
}

function joined(graphs: readonly Graph[]): Graph {
  const [first] = graphs;
  if (first === undefined) throw new Error("no graphs to join");
  const outputs = graphs.at(-1)?.outputs ?? first.outputs;
  const nodes = graphs
    .flatMap((graph) => graph.nodes)
    .map((node, index, all) => ({
      ...node,
      name: /^\d+$/.test(node.name) ? String(index) : node.name,
      inputs: [index === 0 ? "input" : `t${index - 1}`],
      outputs: index === all.length - 1 ? outputs : [`t${index}`],
    }));
  return { ...first, name: graphs.map((graph) => graph.name).join("; "), nodes, outputs };
}
