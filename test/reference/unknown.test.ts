import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { convcost, file } from "../cli/run.js";
import { hasReference, readReference, readReferenceBytes } from "./reference.js";

const Reports = v.array(
  v.object({
    id: v.string(),
    argv: v.array(v.string()),
    files: v.optional(v.record(v.string(), v.string()), {}),
    expect: v.looseObject({ exit: v.optional(v.union([v.number(), v.array(v.number())])) }),
  }),
);
const Wild = v.array(v.object({ file: v.string(), expect: v.record(v.string(), v.unknown()) }));

const BUDGET = "check --max-params 100";
const reports = hasReference("reports/reports.json") ? v.parse(Reports, readReference("reports/reports.json")) : [];
const wild = hasReference("wild/wild.json") ? v.parse(Wild, readReference("wild/wild.json")) : [];
const checked = reports.filter(({ argv, expect: { exit } }) => argv[0] === "check" && exit !== undefined);
const budgeted = wild.filter(({ expect: expected }) => BUDGET in expected);

describe.skipIf(checked.length === 0)("budgets on models of public reports that are not known whole", () => {
  it.each(checked)("$id", async ({ argv, files, expect: { exit } }) => {
    const contents = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, file(text)]));
    expect([exit].flat()).toContain((await convcost(argv, { files: contents })).code);
  });
});

describe.skipIf(budgeted.length === 0)("models of strangers whose parameters are not known", () => {
  it.each(budgeted)("no budget on parameters of $file passes", async ({ file: name }) => {
    const files = { [name]: { type: "file", bytes: readReferenceBytes(`wild/${name}`) } as const };
    expect([1, 2]).toContain((await convcost(["check", name, "--max-params", "100"], { files })).code);
    expect((await convcost(["check", name, "--max-params", "100", "--no-unknown"], { files })).code).toBe(1);
  });
});
