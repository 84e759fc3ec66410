import { sumFigures } from "./figures.js";
import type { Figures, LayerAnalysis } from "./analysis.js";
import type { Grouping } from "./grouping.js";

/** Several layers as one: the layers of a module and of the modules in it, or all of an operator or a kind. */
export interface Group extends Figures {
  /** Path of the module (`features.3.conv`), the operator, or the kind. */
  readonly name: string;
  /** How deep the module lies; 1 for the outermost, and for groups that are no modules. */
  readonly depth: number;
  /** How many layers there are. */
  readonly layers: number;
  /** How many of them could not be counted. */
  readonly uncounted: number;
}

export interface GroupOptions {
  readonly by: Grouping;
  /** How many levels of modules are told apart; all unless said. */
  readonly depth?: number | undefined;
  /** Order among groups that stand side by side; that of the model unless said. */
  readonly compare?: ((left: Group, right: Group) => number) | undefined;
}

/** Layers that lie in no module: what the model itself does between its modules. */
const OUTSIDE = "(model)";

/**
 * Folds layers into groups. Modules stand in the order of the model, each before those in it and with their figures included, as
 * `named_modules` of PyTorch lists them; operators and kinds from the first that occurs.
 */
export function groupLayers(layers: readonly LayerAnalysis[], { by, depth = Infinity, compare }: GroupOptions): readonly Group[] {
  if (by === "module") return modules(layers, [], depth, compare);
  const leaves = layers.flatMap(leavesOf);
  const groups = gathered(leaves, (layer) => (by === "op" ? layer.op : (layer.kind ?? layer.op)));
  return sorted(
    [...groups].map(([name, members]) => group(name, 1, members)),
    compare,
  );
}

/**
 * The modules that a layer lies in, from its name. PyTorch's exporter writes `/features/features.3/conv/conv.0/Conv` for an operator of
 * `features.3.conv.0`: a scope that goes on from the one before takes its place, and the last part is the operator. Names without slashes are
 * those of modules themselves.
 */
export function modulePath(name: string): readonly string[] {
  if (!name.includes("/")) return name.split(".").filter((part) => part !== "");
  const scopes: string[] = [];
  for (const scope of name.split("/").slice(0, -1)) {
    if (scope === "") continue;
    const before = scopes.at(-1);
    if (before !== undefined && scope.startsWith(`${before}.`)) scopes.pop();
    scopes.push(scope);
  }
  return scopes.flatMap((scope) => scope.split("."));
}

function modules(layers: readonly LayerAnalysis[], parent: readonly string[], depth: number, compare: GroupOptions["compare"]): readonly Group[] {
  const level = parent.length;
  const children = gathered(layers, (layer) => modulePath(layer.name)[level] ?? "");
  const named = [...children].map(([part, members]) => ({ part, members, group: group([...parent, part].join("."), level + 1, members) }));
  const inside = named.filter(({ part }) => part !== "");
  const order = sorted(
    inside.map((child) => child.group),
    compare,
  );
  const rows = order.flatMap((own) => {
    const child = inside.find((each) => each.group === own);
    return child === undefined || level + 1 >= depth ? [own] : [own, ...modules(child.members, [...parent, child.part], depth, compare)];
  });
  const outside = children.get("");
  // What a module does itself is in its own row; the model's own has no row above it.
  return outside === undefined || level > 0 ? rows : [...rows, group(OUTSIDE, 1, outside)];
}

function sorted(groups: readonly Group[], compare: GroupOptions["compare"]): readonly Group[] {
  return compare === undefined ? groups : [...groups].sort(compare);
}

function gathered(layers: readonly LayerAnalysis[], key: (layer: LayerAnalysis) => string): ReadonlyMap<string, readonly LayerAnalysis[]> {
  const groups = new Map<string, LayerAnalysis[]>();
  for (const layer of layers) {
    const name = key(layer);
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [layer]);
    else members.push(layer);
  }
  return groups;
}

function group(name: string, depth: number, members: readonly LayerAnalysis[]): Group {
  const uncounted = members.filter((layer) => layer.uncounted !== undefined).length;
  return { name, depth, layers: members.length, uncounted, ...sumFigures(members) };
}

/** A composite as the operators that it consists of. */
function leavesOf(layer: LayerAnalysis): readonly LayerAnalysis[] {
  return layer.steps.length === 0 ? [layer] : layer.steps.flatMap(leavesOf);
}
