import * as v from "valibot";
import { DTYPES, type DType } from "../../graph/dtype.js";
import { fail } from "../../graph/diagnostic.js";
import { isDeeperThan } from "../../graph/nesting.js";
import type { Layout } from "../../graph/layout.js";
import { MAX_DIMENSION } from "../../graph/shape.js";
import type { InputShapes } from "../../graph/written-input.js";
import type { ExpandOptions } from "../network/network.js";
import { closest } from "../notation/closest.js";
import { rawMember } from "./raw-member.js";

/** What one line of a batch asks for; what it does not say is as the command's flags have it. */
export interface BatchRequest {
  readonly of: { readonly type: "spec"; readonly layers: readonly string[] } | { readonly type: "source"; readonly source: string };
  readonly input?: InputShapes | undefined;
  readonly batch?: number | undefined;
  readonly dtype?: DType | undefined;
  readonly layout?: Layout | undefined;
  /** The name of a convention. */
  readonly convention?: string | undefined;
  /** Sizes that a model file has names for. */
  readonly dims?: Readonly<Record<string, number>> | undefined;
  /** Parameters of a network. */
  readonly set?: NonNullable<ExpandOptions["set"]> | undefined;
  /** Whether the answer has a row a layer. */
  readonly layers?: boolean | undefined;
}

/** A line of JSON: its id, which goes back as it came, and the rest, which may be no request. */
export interface Envelope {
  /** JSON on one line; absent where there is none. */
  readonly id?: string | undefined;
  readonly value: unknown;
}

/** Reads a line. Throws `bad-json`. */
export function parseLine(text: string): Envelope {
  const value = parsed(text.replace(/^\uFEFF/, ""));
  if (!isObject(value) || !Object.hasOwn(value, "id")) return { value };
  const { id } = value;
  return { value, id: typeof id === "string" ? JSON.stringify(id) : rawMember(text, "id") };
}

/** What is checked by calls that call each other. */
const MAX_NESTING = 200;

function parsed(text: string): unknown {
  if (isDeeperThan(MAX_NESTING, text))
    fail("too-deep", "this line is nested too deeply", { expected: `lists and objects ${MAX_NESTING} deep at most` });
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = / in JSON at position (\d+)/.exec(message)?.[1];
    const position = at === undefined ? 0 : Number(at);
    return fail("bad-json", `this line is not JSON: ${message.replace(/ in JSON at position \d+.*$|, .* is not valid JSON$/s, "")}`, {
      place: at === undefined ? undefined : { kind: "text", source: "line", text, start: position, end: position + 1 },
      expected: 'a request as a JSON object, {"spec": "conv 3x3 64->128 @56x56"}, or a spec as a JSON string',
    });
  }
}

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_DIMENSION));
const shape = v.union([v.string(), v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_DIMENSION)))]);
type Setting = string | number | boolean | null | readonly Setting[];
const setting: v.GenericSchema<Setting> = v.union([v.string(), v.number(), v.boolean(), v.null(), v.array(v.lazy(() => setting))]);

/** What each key takes: how it is checked, and how that is told. */
const KEYS = {
  id: { check: v.unknown(), takes: "any JSON" },
  spec: { check: v.union([v.string(), v.array(v.string())]), takes: "layers as a string, or a list of them" },
  source: { check: v.string(), takes: "a file, zoo:NAME, or what else convcost count takes" },
  input: {
    check: v.union([shape, v.record(v.string(), shape)]),
    takes: '"1x3x224x224", [1, 3, 224, 224], or {"NAME": SHAPE} where there are several',
  },
  batch: { check: size, takes: `a whole number from 1 to ${MAX_DIMENSION}` },
  dims: { check: v.record(v.string(), size), takes: 'sizes by name, as in {"seq": 128}' },
  set: { check: v.record(v.string(), setting), takes: 'parameters by name, as in {"alpha": 0.5}' },
  dtype: { check: v.picklist(DTYPES), takes: DTYPES.join(", ") },
  layout: { check: v.picklist(["nchw", "nhwc"]), takes: "nchw or nhwc" },
  convention: { check: v.string(), takes: "the name of a convention, as in convcost conventions" },
  layers: { check: v.boolean(), takes: "true or false" },
} as const;

type Key = keyof typeof KEYS;

const optional = <T extends v.GenericSchema>(check: T) => v.optional(check);

const REQUEST = v.object({
  spec: optional(KEYS.spec.check),
  source: optional(KEYS.source.check),
  input: optional(KEYS.input.check),
  batch: optional(KEYS.batch.check),
  dims: optional(KEYS.dims.check),
  set: optional(KEYS.set.check),
  dtype: optional(KEYS.dtype.check),
  layout: optional(KEYS.layout.check),
  convention: optional(KEYS.convention.check),
  layers: optional(KEYS.layers.check),
});

/**
 * Checks what a line holds: an object, or a string, which is what `convcost count` takes as its argument.
 * Throws `bad-request` at the key that is wrong, and `unknown-key`.
 */
export function readRequest(value: unknown): BatchRequest {
  if (typeof value === "string") return { of: { type: "source", source: value } };
  if (!isObject(value)) {
    return fail("bad-request", `a request is an object or a string, and this is ${Array.isArray(value) ? "a list" : String(value)}`, {
      expected: '{"spec": "conv 3x3 64->128 @56x56"}, or {"source": "zoo:resnet50"}',
    });
  }
  for (const key of Object.keys(value)) if (!isKey(key)) unknownKey(key);
  const result = v.safeParse(REQUEST, value);
  if (!result.success) return refuse(value, result.issues[0].path?.[0]?.key);
  const { spec, source, ...rest } = result.output;
  if (spec !== undefined && source !== undefined) contradiction();
  if (source !== undefined) return { of: { type: "source", source }, ...rest };
  if (spec !== undefined) return { of: { type: "spec", layers: typeof spec === "string" ? [spec] : spec }, ...rest };
  return fail("bad-request", "the request says neither spec nor source", { expected: '"spec": layers, or "source": a file or zoo:NAME' });
}

function contradiction(): never {
  return fail("bad-request", "spec and source are two models", { place: { kind: "key", key: "source" }, expected: "one of the two" });
}

function unknownKey(key: string): never {
  const meant = closest(key, Object.keys(KEYS));
  return fail("unknown-key", `a request has no key "${shortened(key)}"`, {
    place: { kind: "key", key: shortened(key) },
    expected: Object.keys(KEYS).join(", "),
    hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
  });
}

function refuse(value: Readonly<Record<string, unknown>>, key: unknown): never {
  if (typeof key !== "string" || !isKey(key)) throw new Error("a request was refused for no key");
  return fail("bad-request", `"${key}" cannot be ${shortened(JSON.stringify(value[key]))}`, {
    place: { kind: "key", key },
    expected: KEYS[key].takes,
  });
}

const SHOWN = 60;

function shortened(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}...`;
}

function isKey(name: string): name is Key {
  return Object.hasOwn(KEYS, name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
