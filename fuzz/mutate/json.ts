import type { Random } from "../random.js";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Where a value hangs: what holds it, and under which name. */
interface Slot {
  readonly get: () => Json;
  readonly set: (value: Json) => void;
  readonly remove: () => void;
}

const MAX_SLOTS = 3000;
const KEYS = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "name", "config", "layers", "shape", ""] as const;
const STRINGS = ["", "__proto__", "constructor", "same", "x", "NaN", "-1", "1e999", "9007199254740993", "\u001b[31m", "a\nb", "\ud800"] as const;

/** Changes a JSON document by its values, so that it is JSON again; what is no JSON stays as it is. */
export function mutateJson(text: string, random: Random): string {
  const holder = { root: parsed(text) };
  for (let left = random.few(6); left > 0; left--) {
    const slots = slotsOf(holder);
    change(random.pick(slots), slots, random);
  }
  return JSON.stringify(holder.root ?? null);
}

export function parsed(text: string): Json {
  const value: unknown = JSON.parse(text);
  if (!isJson(value)) throw new Error("JSON.parse gave what is no JSON");
  return value;
}

function isJson(value: unknown): value is Json {
  return value !== undefined && typeof value !== "function";
}

function change(slot: Slot, slots: readonly Slot[], random: Random): void {
  const value = slot.get();
  switch (random.below(9)) {
    case 0:
      slot.remove();
      return;
    case 1:
      slot.set(clone(random.pick(slots).get()));
      return;
    case 2: {
      const other = random.pick(slots);
      const swapped = clone(other.get());
      other.set(clone(value));
      slot.set(swapped);
      return;
    }
    case 3:
      slot.set(random.pick<Json>([null, true, [], {}, "", 0, [[]], [null]]));
      return;
    case 4:
      slot.set(random.chance(2) ? random.pick(STRINGS) : random.interesting());
      return;
    case 5:
      slot.set(random.chance(3) ? nested(random.pick([10, 100, 500]), value) : [clone(value), clone(value)]);
      return;
    case 6:
      if (typeof value === "object" && value !== null && !Array.isArray(value)) define(value, random.pick(KEYS), clone(random.pick(slots).get()));
      return;
    default:
      slot.set(scalar(value, random));
  }
}

function scalar(value: Json, random: Random): Json {
  if (typeof value === "number") return random.pick([random.interesting(), -value, value + 1, value * 2 ** 31, value + 0.5, 1e308, String(value)]);
  if (typeof value === "string") return random.chance(2) ? random.pick(STRINGS) : value.slice(0, random.below(value.length)) + random.pick(STRINGS);
  if (Array.isArray(value)) return random.chance(2) ? value.slice(1) : [...value, ...value];
  return typeof value === "boolean" ? !value : random.interesting();
}

function nested(depth: number, value: Json): Json {
  let whole = clone(value);
  for (let level = 0; level < depth; level++) whole = level % 2 === 0 ? [whole] : { a: whole };
  return whole;
}

function slotsOf(holder: { root: Json }): readonly Slot[] {
  const slots: Slot[] = [{ get: () => holder.root, set: (value) => (holder.root = value), remove: () => (holder.root = null) }];
  for (const slot of slots) {
    const value = slot.get();
    if (slots.length > MAX_SLOTS || typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) value.forEach((_, at) => slots.push(element(value, at)));
    else for (const key of Object.keys(value)) slots.push(property(value, key));
  }
  return slots;
}

function element(list: Json[], at: number): Slot {
  return { get: () => list[at] ?? null, set: (value) => (list[at] = value), remove: () => list.splice(at, 1) };
}

function property(map: { [key: string]: Json }, key: string): Slot {
  return {
    get: () => (Object.hasOwn(map, key) ? (map[key] ?? null) : null),
    set: (value) => {
      define(map, key, value);
    },
    remove: () => {
      Reflect.deleteProperty(map, key);
    },
  };
}

/** Sets a property of whatever name, `__proto__` too. */
function define(map: object, key: string, value: Json): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

function clone(value: Json): Json {
  return typeof value === "object" ? parsed(JSON.stringify(value)) : value;
}
