import * as v from "valibot";
import { isMeasure, MEASURES, measureOf, type MeasureName } from "../compare/measures.js";
import type { Budget, BudgetOptions, Increase } from "../compare/budget.js";
import { parseAllowance, parseQuantity } from "../compare/quantity.js";
import { fail, InputError, type Place } from "../graph/diagnostic.js";
import { readDocument, type Item } from "../read/network/document.js";
import { complain } from "./complaint.js";
import { plain, placeAt, type Path, type Plain } from "./plain.js";

/** A flag as a config file sets it: the texts that would follow it on the command line. */
export interface Setting {
  readonly flag: string;
  readonly values: readonly string[];
  readonly place: Place;
}

/** A model and what it is held against. Paths are as they are written. */
export interface ModelConfig {
  readonly name: string | undefined;
  readonly source: string;
  readonly place: Place;
  readonly settings: readonly Setting[];
  readonly budgets: readonly (Budget & { readonly place: Place })[];
  readonly increases: readonly (Increase & { readonly place: Place })[];
  readonly baseline: string | undefined;
  readonly unknown: BudgetOptions["unknown"];
}

export interface ConfigOptions {
  readonly source: string;
  readonly syntax: "yaml" | "json";
  /** Long names of the flags that models may set: `input`, `batch`, ... */
  readonly flags: readonly string[];
}

const scalar = v.union([v.string(), v.boolean()]);
const setting = v.union(
  [scalar, v.array(scalar), v.record(v.string(), v.union([scalar, v.array(scalar)]))],
  "a value, a list of them, or values by name",
);
const word = v.pipe(v.string("a text"), v.nonEmpty("a text that is not empty"));
/** A map of known keys: a list is none. */
function byName<T extends v.ObjectEntries>(entries: T, what: string) {
  return v.pipe(
    v.custom<object>((value) => typeof value === "object" && value !== null && !Array.isArray(value), what),
    v.strictObject(entries, what),
  );
}

const amounts = (what: string) =>
  byName(Object.fromEntries(MEASURES.map(({ name }) => [name, v.optional(v.string("an amount, as in 300M or 1%"))])), what);

const held = {
  budgets: v.optional(amounts("budgets by name, as in { macs: 300M }")),
  "max-increase": v.optional(amounts("increases by name, as in { macs: 1% }")),
  "no-unknown": v.optional(v.boolean("true or false")),
  "allow-unknown": v.optional(v.boolean("true or false")),
};

function schemaFor(flags: readonly string[]) {
  const settings: Readonly<Record<string, typeof optionalSetting>> = Object.fromEntries(flags.map((flag) => [flag, optionalSetting]));
  const defaults = byName({ ...settings, ...held }, "settings by name");
  const model = byName(
    { ...settings, ...held, name: v.optional(word), source: word, baseline: v.optional(word) },
    "a model, as in { source: zoo:vgg16, budgets: { macs: 300M } }",
  );
  return byName(
    {
      $schema: v.optional(v.string("a text")),
      defaults: v.optional(defaults),
      models: v.pipe(v.array(model, "a list of models"), v.minLength(1, "one model at least")),
    },
    "a config: models, each with a source and budgets",
  );
}

const optionalSetting = v.optional(setting);

/**
 * Reads a config file of `convcost check`.
 * @throws InputError with line and column: `bad-yaml`, `bad-json`, `unknown-key`, `bad-config`, `bad-quantity`, `no-budget`
 */
export function readConfig(text: string, options: ConfigOptions): readonly ModelConfig[] {
  return configOf(readDocument(text, options.source, options.syntax), options);
}

/** The config under the key `convcost` of a package.json, if it has one. Throws as {@link readConfig}. */
export function readPackageConfig(text: string, options: Omit<ConfigOptions, "syntax">): readonly ModelConfig[] | undefined {
  const item = readDocument(text, options.source, "json");
  const found = item.kind === "map" ? item.entries.find(({ key }) => key === "convcost") : undefined;
  return found === undefined ? undefined : configOf(found.value, options);
}

function configOf(item: Item, { flags }: Pick<ConfigOptions, "flags">): readonly ModelConfig[] {
  const schema = schemaFor(flags);
  const tree = plain(item);
  const result = v.safeParse(schema, tree, { abortEarly: true });
  if (!result.success) return complain(item, result.issues[0], (path) => keysAt(path, flags));
  const { defaults, models } = mapOf(tree);
  const common = part(mapOf(defaults), item, ["defaults"], flags);
  return result.output.models.map((model, index) => {
    const path = ["models", index];
    const own = part(mapOf(models !== undefined && isPlainList(models) ? models[index] : undefined), item, path, flags);
    const place = placeAt(item, [...path, "source"]);
    const merged: ModelConfig = {
      name: model.name,
      source: model.source,
      baseline: model.baseline,
      place,
      settings: over(common.settings, own.settings, ({ flag }) => flag),
      budgets: over(common.budgets, own.budgets, ({ measure }) => measure),
      increases: model.baseline === undefined ? own.increases : over(common.increases, own.increases, ({ measure }) => measure),
      unknown: own.unknown ?? common.unknown,
    };
    refuseEmpty(merged, place);
    return merged;
  });
}

/** What a model says goes over what the defaults say. */
function over<T>(common: readonly T[], own: readonly T[], key: (entry: T) => string): readonly T[] {
  const said = new Set(own.map(key));
  return [...common.filter((entry) => !said.has(key(entry))), ...own];
}

function refuseEmpty({ budgets, increases, baseline, unknown }: ModelConfig, place: Place): void {
  if (increases.length > 0 && baseline === undefined)
    fail("no-baseline", "max-increase has nothing to measure from", {
      place: increases[0]?.place,
      expected: "baseline: a file that count --json has written",
    });
  if (baseline !== undefined && increases.length === 0)
    fail("no-budget", "the baseline is there for nothing", { place, expected: "max-increase beside it, as in max-increase: { macs: 1% }" });
  if (budgets.length > 0 || increases.length > 0 || unknown === "fail") return;
  fail("no-budget", "this model has no budget", { place, expected: "budgets of its own or among the defaults, as in budgets: { macs: 300M }" });
}

type Written = Readonly<Partial<Record<string, Plain>>>;

function part(written: Written, item: Item, path: Path, flags: readonly string[]) {
  const amountsOf = <T>(key: string, read: (measure: MeasureName, text: string) => T): readonly (T & { readonly place: Place })[] => {
    return Object.entries(mapOf(written[key])).flatMap(([measure, text]) => {
      if (!isMeasure(measure) || typeof text !== "string") return [];
      const place = placeAt(item, [...path, key, measure]);
      return [{ ...at(place, () => read(measure, text)), place }];
    });
  };
  return {
    settings: flags.flatMap((flag): Setting[] => {
      const value = written[flag];
      return value === undefined ? [] : [{ flag, values: texts(value), place: placeAt(item, [...path, flag]) }];
    }),
    budgets: amountsOf("budgets", (measure, text): Budget => ({ measure, limit: parseQuantity(text, measureOf(measure).unit) })),
    increases: amountsOf("max-increase", (measure, text): Increase => ({ measure, allowance: parseAllowance(text, measureOf(measure).unit) })),
    unknown: unknownOf(written, item, path),
  };
}

function at<T>(place: Place, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? error.at(place) : error;
  }
}

function unknownOf(written: Written, item: Item, path: Path): BudgetOptions["unknown"] {
  const [refused, accepted] = [written["no-unknown"], written["allow-unknown"]];
  if (refused === true && accepted === true)
    fail("contradicting-settings", "no-unknown contradicts allow-unknown", {
      place: placeAt(item, [...path, "allow-unknown"]),
      expected: "one of the two",
    });
  if (refused === true) return "fail";
  if (accepted === true) return "accept";
  return refused === false || accepted === false ? "undecided" : undefined;
}

/** A value as it would stand behind its flag, one text for each time that the flag is given. */
function texts(value: Plain): readonly string[] {
  if (isPlainList(value)) {
    const pairs = value.some((each) => typeof each === "string" && each.includes("="));
    return pairs ? value.map(flat) : [value.map(flat).join(",")];
  }
  if (typeof value === "object" && value !== null) return Object.entries(value).map(([name, each]) => `${name}=${flat(each)}`);
  return [flat(value)];
}

function flat(value: Plain | undefined): string {
  if (value !== undefined && isPlainList(value)) return `[${value.map(flat).join(",")}]`;
  return typeof value === "object" || value === undefined ? "" : String(value);
}

function mapOf(value: Plain | undefined): Written {
  return typeof value === "object" && value !== null && !isPlainList(value) ? value : {};
}

function isPlainList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

/** Keys that may stand at a path, for what is misspelt. */
function keysAt(path: Path, flags: readonly string[]): readonly string[] {
  const last = path.at(-1);
  if (last === "budgets" || last === "max-increase") return MEASURES.map(({ name }) => name);
  if (path.length === 0) return ["defaults", "models"];
  const common = [...Object.keys(held), ...flags];
  return path[0] === "models" ? ["source", "name", "baseline", ...common] : common;
}
