import { describe, expect, it } from "vitest";
import { MEASURES } from "../../src/compare/measures.js";
import { convcost, file } from "../cli/run.js";
import { UNKNOWN } from "./unknown-models.js";

// What is not known is never a pass: one layer of each format's model is not known, and no total that it may add to passes a budget.
const OF_COST = ["macs", "flops", "activationBytes", "peakActivationBytes", "bytesMoved"];
const EVERYTHING = ["params", "buffers", "macs", "flops", "weightBytes", "activationBytes", "peakActivationBytes", "bytesMoved"];
const STORED = new Set(["params", "buffers", "weights", "layer-params", "layer-weights"]);
const HUGE = "1000000000000";
const MARKED = /\(at least\)|not known|>= |\?/;

describe.each(UNKNOWN.map((model) => [model.format, model] as const))(
  "a layer that is not known, in %s",
  (_, { path, files, params, flags = [] }) => {
    const run = (command: string, ...more: readonly string[]) => convcost([command, path, ...flags, ...more], { files });
    const bounds = params === undefined ? EVERYTHING : OF_COST;

    it("makes lower bounds of the totals that it may add to", async () => {
      const { stdout } = await run("count", "--json");
      expect(JSON.parse(stdout)).toMatchObject({ partial: true, lowerBounds: bounds });
      if (params !== undefined) expect(JSON.parse(stdout)).toMatchObject({ totals: { params: Number(params) } });
    });

    it.each(MEASURES.filter(({ name }) => name !== "layers"))("passes no budget on $name that it may add to", async ({ name }) => {
      const isExact = params !== undefined && STORED.has(name);
      expect((await run("check", `--max-${name}`, HUGE)).code).toBe(isExact ? 0 : 2);
      expect((await run("check", `--max-${name}`, HUGE, "--no-unknown")).code).toBe(1);
    });

    it.each(["json", "markdown", "github", "junit"])("is said by check --format %s", async (format) => {
      const { stdout } = await run("check", "--max-macs", HUGE, "--format", format);
      expect(stdout).toMatch(/"atLeast": true|at least|NOT KNOWN/);
    });

    it.each([["table"], ["markdown"], ["csv"]])("is marked in count --format %s, in groups, and under a convention", async (format) => {
      for (const more of [[], ["--group-by", "op"], ["--convention", "thop"]]) {
        const { stdout } = await run("count", "--format", format, ...more);
        expect(stdout).toMatch(MARKED);
      }
    });

    it("is said by conventions, and by compare beside a model that is known", async () => {
      expect(JSON.parse((await run("conventions", "--json")).stdout)).toMatchObject({ partial: true, lowerBounds: ["macs", "counted"] });
      if (flags.length > 0) return;
      const compared = await convcost(["compare", "zoo:ds_cnn", path, "--json"], { files });
      expect(JSON.parse(compared.stdout)).toMatchObject({ rows: [{}, { lowerBounds: bounds }], notes: [expect.stringContaining("not counted")] });
      expect(JSON.parse(compared.stdout)).not.toHaveProperty(["rows", 1, "ratio", "macs"]);
      const table = await convcost(["compare", "zoo:ds_cnn", path], { files });
      expect([table.stdout, table.stderr]).toEqual([expect.stringMatching(MARKED), expect.stringContaining("not counted")]);
    });

    it("leaves open whether two models are equal, and how much one grew", async () => {
      const base = { ...files, "base.json": file((await run("count", "--json")).stdout) };
      const difference = await convcost(["diff", "base.json", path, ...flags, "--json", "--exit-code"], { files: base });
      expect(difference.code).toBe(2);
      expect(JSON.parse(difference.stdout)).not.toHaveProperty("equal");
      const grown = await convcost(["check", path, ...flags, "--baseline", "base.json", "--max-increase", "macs=1%"], { files: base });
      expect(grown.code).toBe(2);
    });

    it("stands in the record of a batch", async () => {
      const request = { source: path, ...(flags.length === 0 ? {} : { input: flags[1] }) };
      const { stdout } = await convcost(["batch", "-"], { files, stdin: `${JSON.stringify(request)}\n` });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, partial: true, lowerBounds: bounds });
    });
  },
);
