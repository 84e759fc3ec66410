import { describe, expect, it } from "vitest";
import { isList, isObject, type Json, type JsonObject } from "../../src/read/keras/json.js";
import { convcost } from "../cli/run.js";
import pending from "./keras3-pending.json" with { type: "json" };
import { hasReference, readReference, readReferenceBytes } from "./reference.js";

// What Keras 3.15 gave for layers, chains and models: trainable weights, the others, shapes of outputs, multiply-adds by formula.
const FILE = "keras3/cases.json";

interface KerasCase {
  readonly id: string;
  readonly argv: readonly string[];
  readonly expect: JsonObject;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function kerasCases(): readonly KerasCase[] {
  const read = hasReference(FILE) ? readReference(FILE) : [];
  return (Array.isArray(read) ? read : []).flatMap((each: unknown) => {
    if (!isObject(each)) return [];
    const { id, argv, expect: wanted } = each;
    return isText(id) && isList(argv) && isObject(wanted) ? [{ id, argv: argv.filter(isText), expect: wanted }] : [];
  });
}

/** What the program says, as far as Keras said it, too. */
async function said({ argv, expect: wanted }: KerasCase): Promise<JsonObject> {
  const [, source = ""] = argv;
  const files = hasReference(`keras3/${source}`) ? { [source]: { type: "file", bytes: readReferenceBytes(`keras3/${source}`) } as const } : {};
  const { stdout, stderr } = await convcost(argv, { files });
  if (stdout === "") return { refused: stderr };
  const found: unknown = JSON.parse(stdout);
  if (!isObject(found) || !isObject(found["totals"]) || !isList(found["outputs"])) return { refused: stdout };
  const { totals, outputs } = found;
  const shapes = outputs.map((output): Json => (isObject(output) ? (output["shape"] ?? null) : null));
  const names = Object.keys(wanted).filter((name) => name !== "note");
  return Object.fromEntries(names.map((name): [string, Json] => [name, (name === "outputs" ? shapes : totals[name]) ?? null]));
}

/** Cases that are not right, each with the reason. */
const PENDING: ReadonlyMap<string, string> = new Map(Object.entries(pending));

describe.skipIf(!hasReference(FILE))(`what Keras itself gave (../shared/reference/${FILE})`, () => {
  const cases = kerasCases();
  it.each(cases.filter(({ id }) => !PENDING.has(id)))("$id", async (each) => {
    expect(await said(each)).toEqual(Object.fromEntries(Object.entries(each.expect).filter(([name]) => name !== "note")));
  });

  it("each case that is pending is one of them", () => {
    const known = new Set(cases.map(({ id }) => id));
    expect([...PENDING.keys()].filter((id) => !known.has(id))).toEqual([]);
  });
});
