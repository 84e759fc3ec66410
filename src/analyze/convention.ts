import type { Convention, Operation, Parts, Rule, Table } from "../conventions/convention.js";
import { EVERYTHING } from "../conventions/convention.js";
import type { InferredLayer, TypedValue } from "../graph/inferrer.js";
import { isLayout } from "../graph/layer.js";
import { turnShape } from "../graph/layout.js";
import { elements } from "../graph/shape.js";
import type { CausedDifference } from "./analysis.js";

/** What a tool counts of some layers, in its own unit. */
export interface ConventionCount {
  readonly counted: bigint;
  /** Its difference from the program's multiply-adds, by cause: `counted` less those MACs is their sum, exactly. */
  readonly causes: ReadonlyMap<string, bigint>;
  /** Parameters of the layers that it has a rule for. */
  readonly params: bigint;
}

function addTo(sums: Map<string, bigint>, name: string, count: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + count);
}

/** What a multiply-add that counts twice makes. */
export const PER_MAC = "2 per MAC";
const TWICE = "counted twice";

/** Counts one layer as a tool does: whole where it has a rule for it, else step by step. */
export function countBy(convention: Convention, layer: InferredLayer): ConventionCount {
  const count = new Count(convention);
  count.visit(layer, convention.tables, undefined, 1n);
  return { counted: count.counted, causes: count.causes, params: count.params };
}

/** What a tool counts of a whole graph. */
export interface ConventionTotals {
  /** In its own unit. */
  readonly counted: bigint;
  /** Its difference from the program's multiply-adds by cause, the largest first; they add up exactly. */
  readonly differences: readonly CausedDifference[];
  /** The tool's own total of parameters, where that is not the model's. */
  readonly params?: bigint | undefined;
}

/** Counts all layers as a tool does. */
export function countAll(convention: Convention, layers: readonly InferredLayer[]): ConventionTotals {
  const causes = new Map<string, bigint>();
  let [counted, params] = [0n, 0n];
  for (const layer of layers) {
    const own = countBy(convention, layer);
    counted += own.counted;
    params += own.params;
    for (const [cause, count] of own.causes) addTo(causes, cause, count);
  }
  const size = (count: bigint) => (count < 0n ? -count : count);
  const differences = [...causes]
    .map(([cause, count]) => ({ cause, count }))
    .filter(({ count }) => count !== 0n)
    .sort((left, right) => (size(left.count) === size(right.count) ? 0 : size(left.count) > size(right.count) ? -1 : 1));
  return { counted, differences, params: convention.params === "ruled" ? params : undefined };
}

/** Whether a tool has a rule for a composite as a whole, so that its steps have no figure of their own. */
export function isTakenWhole({ tables }: Convention, layer: InferredLayer): boolean {
  return layer.inference === undefined && tables.some((table) => ruleFor(table, layer) !== undefined);
}

class Count {
  counted = 0n;
  params = 0n;
  readonly causes = new Map<string, bigint>();

  constructor(private readonly convention: Convention) {}

  /** @param within the composite that the layer is a step of, by the name people know */
  visit(layer: InferredLayer, tables: readonly Table[], within: string | undefined, outer: bigint): void {
    if (isTrainingOnly(layer)) return;
    const times = outer * (layer.inference?.times ?? 1n);
    const rules = tables.map((table) => ruleFor(table, layer));
    const [rule, ...more] = rules.flatMap((found) => found ?? []);
    const operation = operationOf(layer);
    if (rule !== undefined) this.add(rule, operation, times);
    for (const again of more) this.addAgain(again, operation, times);
    if (layer.inference !== undefined) {
      if (rule === undefined) this.cause(`not seen: ${within ?? layer.layer.op}`, -operation.macs * times);
      return;
    }
    const rest = rule === undefined ? tables : tables.filter((_, index) => rules[index] === undefined);
    for (const step of layer.steps) {
      if (rule === undefined) this.visit(step, rest, within ?? nameOf(layer), times);
      else this.visitAgain(step, rest, times);
    }
  }

  /** What other tables see of the steps of a layer that has been counted as a whole. */
  private visitAgain(layer: InferredLayer, tables: readonly Table[], outer: bigint): void {
    const times = outer * (layer.inference?.times ?? 1n);
    for (const table of tables) {
      const rule = ruleFor(table, layer);
      if (rule !== undefined) this.addAgain(rule, operationOf(layer), times);
    }
    for (const step of layer.steps) this.visitAgain(step, tables, times);
  }

  private add(rule: Rule, operation: Operation, times: bigint): void {
    const { perMac } = this.convention;
    const { macs = 0n, ...rest } = rule.count(operation);
    this.counted += times * total({ macs, ...rest }, perMac);
    const own = operation.stored.filter(({ role, shared }) => role === "parameter" && shared !== true);
    this.params += own.reduce((sum, { shape }) => sum + elements(shape), 0n);
    for (const [cause, count] of Object.entries(rest)) this.cause(cause, times * count);
    this.cause(PER_MAC, times * (perMac - 1n) * macs);
    const why = rule.wrongOf?.(operation) === false ? undefined : rule.wrong;
    this.cause(why ?? `${operation.op} by another rule`, times * (macs - operation.macs));
  }

  private addAgain(rule: Rule, operation: Operation, times: bigint): void {
    const count = times * total(rule.count(operation), this.convention.perMac);
    this.counted += count;
    this.cause(TWICE, count);
  }

  private cause(name: string, count: bigint): void {
    if (count !== 0n) addTo(this.causes, name, count);
  }
}

function total({ macs = 0n, ...rest }: Parts, perMac: bigint): bigint {
  return Object.values(rest).reduce((sum, count) => sum + count, perMac * macs);
}

/** A convolution with its activation is no operator of its own; what it is made of is. */
function nameOf({ layer }: InferredLayer): string | undefined {
  return layer.type === "composite" && layer.lead !== undefined ? undefined : layer.op;
}

function isTrainingOnly({ layer, inference }: InferredLayer): boolean {
  const attributes = layer.type === "composite" ? layer.attributes : inference?.attributes;
  return attributes?.["trainingOnly"] === true;
}

const known = new WeakMap<Table, ReadonlyMap<string, readonly Rule[]>>();

function rulesOf(table: Table): ReadonlyMap<string, readonly Rule[]> {
  const found = known.get(table);
  if (found !== undefined) return found;
  const rules = new Map<string, Rule[]>();
  for (const rule of table.rules) for (const op of rule.ops) rules.set(op, [...(rules.get(op) ?? []), rule]);
  known.set(table, rules);
  return rules;
}

/** The rule of a table for a layer that is called as the rule, or the table, sees it. */
function ruleFor(table: Table, { layer, inference }: InferredLayer): Rule | undefined {
  if (layer.type === "composite" && layer.lead !== undefined) return undefined;
  const rules = rulesOf(table);
  const how = layer.calledAs ?? "module";
  const candidates = rules.get(layer.op) ?? (inference === undefined ? [] : (rules.get(EVERYTHING) ?? []));
  return candidates.find((rule) => (rule.calledAs ?? table.calledAs).includes(how));
}

function operationOf(layer: InferredLayer): Operation {
  const { inference } = layer;
  const first = ({ shape, axes }: TypedValue) => turnShape(shape, inference?.layout ?? (isLayout(axes) ? axes : "nchw"), "nchw");
  const shapes = { inputs: layer.inputs.map(first), outputs: layer.outputs.map(first) };
  if (inference !== undefined) {
    const { attributes, kind, cost, stored, ports = stored } = inference;
    return { op: layer.layer.op, kind, attributes, ports, stored, macs: cost.macs, bias: cost.operations.bias ?? 0n, ...shapes };
  }
  const steps = layer.steps.map((step) => ({ times: step.inference?.times ?? 1n, ...operationOf(step) }));
  return {
    op: layer.layer.op,
    attributes: layer.layer.type === "composite" ? layer.layer.attributes : {},
    ports: steps.flatMap(({ ports }) => ports),
    stored: steps.flatMap(({ stored }) => stored),
    macs: steps.reduce((sum, { times, macs }) => sum + times * macs, 0n),
    bias: steps.reduce((sum, { times, bias }) => sum + times * bias, 0n),
    ...shapes,
  };
}
