import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { BOUNDED_FIGURES, type BoundedFigure, type Costs } from "../../src/analyze/analysis.js";
import { checkBudgets, type BudgetOptions } from "../../src/compare/budget.js";
import { MEASURES, type MeasureName } from "../../src/compare/measures.js";
import { parseAllowance } from "../../src/compare/quantity.js";
import { parseLayers } from "../../src/read/notation/read.js";
import { complaint } from "../ops/refusal.js";

// conv 3x3 3->8: 3*8*9 parameters, *32*32 MACs; pw 8->4: 8*4, *32*32. Float32 activations of 3, 8 and 4 channels.
const PARAMS = 216n + 32n;
const MACS = PARAMS * 1024n;
const costs: Costs = analyze(parseLayers("conv 3x3 3->8; pw 8->4"), { input: "3x32x32" });
const OF_COST: readonly BoundedFigure[] = ["macs", "flops", "counted", "activationBytes", "peakActivationBytes", "bytesMoved"];
/** Some costs, were something in them not known. */
const doubtful = (of: Costs, lowerBounds = OF_COST): Costs => ({
  ...of,
  partial: true,
  totals: { ...of.totals, lowerBounds },
  uncounted: [{ op: "Mystery", count: 2, reason: "nobody knows it" }],
});
const partial = doubtful(costs);

const check = (measure: MeasureName, limit: bigint, of: Costs = costs, unknown?: BudgetOptions["unknown"]) =>
  checkBudgets(of, { budgets: [{ measure, limit }], unknown });
const increase = (measure: MeasureName, text: string, of: Costs, baseline: Costs, unknown?: BudgetOptions["unknown"]) =>
  checkBudgets(of, { budgets: [], increases: [{ measure, allowance: parseAllowance(text, "count") }], baseline, unknown });

describe("a budget", () => {
  const values: readonly [MeasureName, bigint][] = [
    ["macs", MACS],
    // Without a convention what is counted is the MACs.
    ["counted", MACS],
    ["params", PARAMS],
    ["flops", 2n * MACS],
    ["buffers", 0n],
    ["weights", 4n * PARAMS],
    ["activations", 4n * 12n * 1024n],
    ["peak-memory", 4n * 12n * 1024n],
    ["moved", 4n * (3n + 8n + 8n + 4n) * 1024n + 4n * PARAMS],
    ["layers", 2n],
    ["layer-macs", 216n * 1024n],
    ["layer-counted", 216n * 1024n],
    ["layer-params", 216n],
    ["layer-flops", 2n * 216n * 1024n],
    ["layer-weights", 4n * 216n],
    ["layer-activations", 4n * 8n * 1024n],
    ["layer-moved", 4n * (12n * 1024n + 32n)],
  ];

  it("every figure has a case here", () => {
    expect(values.map(([name]) => name).sort()).toEqual(MEASURES.map(({ name }) => name).sort());
  });

  it.each(values)("on %s holds at the value itself, %s, and not at one less", (measure, value) => {
    const held = check(measure, value);
    expect([held.verdict, held.results[0]?.value]).toEqual(["pass", value]);
    if (value > 0n) expect(check(measure, value - 1n).verdict).toBe("fail");
  });

  it("names what weighs most, the heaviest first", () => {
    const [result] = check("macs", 1n).results;
    expect(result?.heaviest).toMatchObject([
      { name: "0", op: "conv2d", value: 216n * 1024n },
      { name: "1", kind: "pointwise", value: 32n * 1024n },
    ]);
  });

  it("on a layer names those over the limit alone", () => {
    expect(check("layer-macs", 100_000n).results[0]?.heaviest.map(({ name }) => name)).toEqual(["0"]);
  });

  it("on peak memory names what is alive then, and the layer that runs", () => {
    // While the second layer runs, its input of 8 channels and its output of 4 are alive: 12; while the first runs, 3 and 8.
    const [result] = check("peak-memory", 1n).results;
    expect(result).toMatchObject({
      peakAt: "1",
      heaviest: [
        { name: "0", value: 4n * 8n * 1024n },
        { name: "1", value: 4n * 4n * 1024n },
      ],
    });
  });
});

describe("what could not be counted", () => {
  const stored: readonly MeasureName[] = ["params", "buffers", "weights", "layers", "layer-params", "layer-weights"];
  it.each(MEASURES.map(({ name }) => name))("a budget on %s holds only where it is known whole", (measure) => {
    const verdict = check(measure, 10n ** 9n, partial).verdict;
    expect(verdict).toBe(stored.includes(measure) ? "pass" : "unknown");
  });

  it.each(MEASURES.map(({ name }) => name).filter((name) => name !== "layers"))("no budget on %s holds where weights are not known", (measure) => {
    const unread = doubtful(costs, BOUNDED_FIGURES);
    expect(check(measure, 10n ** 9n, unread).verdict).toBe("unknown");
    expect(check(measure, 10n ** 9n, unread, "fail").verdict).toBe("fail");
    expect(check(measure, 10n ** 9n, unread, "accept").results).toMatchObject([{ verdict: "pass", atLeast: true, doubts: ["partial"] }]);
  });

  it("what is exceeded already is exceeded", () => {
    expect(check("macs", MACS - 1n, partial)).toMatchObject({ verdict: "fail", results: [{ atLeast: true }] });
  });

  it("is a failure where none is wanted, whatever the budgets say", () => {
    expect(check("params", PARAMS, partial, "fail").verdict).toBe("fail");
    expect(check("macs", MACS, partial, "fail").verdict).toBe("fail");
    expect(check("macs", MACS, costs, "fail").verdict).toBe("pass");
  });

  it("is accepted on request, and said", () => {
    expect(check("macs", MACS, partial, "accept")).toMatchObject({ verdict: "pass", results: [{ atLeast: true, doubts: ["partial"] }] });
    expect(check("macs", MACS - 1n, partial, "accept").verdict).toBe("fail");
  });

  it("layers that were not saved leave a budget on layers open", () => {
    const cut = { ...costs, layers: costs.layers.slice(1) };
    expect(check("layer-macs", 10n ** 9n, cut, "accept").verdict).toBe("unknown");
    expect(check("layer-macs", 10n ** 9n, doubtful(cut), "fail").verdict).toBe("unknown");
    expect(check("layer-macs", 1n, cut).verdict).toBe("fail");
    expect(check("macs", MACS, cut).verdict).toBe("pass");
  });
});

describe("an increase", () => {
  const base = (macs: bigint): Costs => ({ ...costs, totals: { ...costs.totals, macs } });

  it("of a share is compared exactly", () => {
    // 1% of 1,000,001 is 10,000.01.
    expect(increase("macs", "1%", base(1_010_001n), base(1_000_001n)).verdict).toBe("pass");
    expect(increase("macs", "1%", base(1_010_002n), base(1_000_001n)).verdict).toBe("fail");
    // Far above 2^53 floats see no difference.
    const huge = 10n ** 20n;
    expect(increase("macs", "0%", base(huge), base(huge)).verdict).toBe("pass");
    expect(increase("macs", "0%", base(huge + 1n), base(huge)).verdict).toBe("fail");
  });

  it("of an amount", () => {
    expect(increase("macs", "10K", base(20_000n), base(10_000n)).verdict).toBe("pass");
    expect(increase("macs", "10K", base(20_001n), base(10_000n)).verdict).toBe("fail");
    expect(increase("macs", "0", base(1n), base(0n)).verdict).toBe("fail");
    expect(increase("macs", "5%", base(1n), base(10_000n)).verdict).toBe("pass");
  });

  it("from a baseline that is at least so much: what is within it is within the true one", () => {
    const least = doubtful(base(1000n));
    expect(increase("macs", "0%", base(1000n), least).verdict).toBe("pass");
    expect(increase("macs", "0%", base(1001n), least).verdict).toBe("unknown");
    expect(increase("macs", "0%", base(1001n), least, "accept").verdict).toBe("fail");
    expect(increase("params", "0%", base(1001n), least).verdict).toBe("pass");
  });

  it("from a baseline without all its layers: not known for layers, known for totals", () => {
    const cut = { ...costs, layers: [] };
    expect(increase("layer-macs", "0%", costs, cut).verdict).toBe("unknown");
    expect(increase("macs", "0%", costs, cut).verdict).toBe("pass");
  });

  it("from another convention is refused", () => {
    expect(complaint(() => increase("macs", "0%", costs, { ...costs, convention: "thop" })).code).toBe("other-convention");
  });
});
