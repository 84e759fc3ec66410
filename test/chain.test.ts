import { describe, expect, it } from "vitest";
import { analyze } from "../src/analyze/analyze.js";
import { partCounter, partsJoiner } from "../src/analyze/chain.js";
import { chainExpander, networkExpander, readNetwork } from "../src/read/network/network.js";
import { zooFamilies, zooModel } from "../src/zoo/zoo.js";

const names = zooFamilies().flatMap(({ name, variants }) => [name, ...variants]);

const count = partCounter({});
const join = partsJoiner((sum) => sum);

// A sweep counts a network part by part, and each part once: the sum must be what the whole network is counted as.
describe("a network in parts costs what it costs as a whole", () => {
  it.each(names)("%s", (name) => {
    const { text, variant } = zooModel(name);
    const network = readNetwork(text);
    const [expand, chain] = [networkExpander(network), chainExpander(network, count)];
    for (const classes of [1000, 10]) {
      const options = { set: { ...(variant === undefined ? {} : { variant }), ...(network.parameters.has("classes") ? { classes } : {}) } };
      const parts = chain?.(options);
      if (parts === undefined) continue;
      const whole = analyze(expand(options));
      const { totals, outputs } = join(parts);
      expect(totals).toEqual(whole.totals);
      expect(outputs).toEqual(whole.outputs.map(({ shape }) => shape));
    }
  });

  it("with the same parts in another order, again and after more sums than are kept", () => {
    const network = readNetwork(
      "parameters: {order: [1, 2]}\ninput: [4, 8, 8]\nlayers:\n  - {for: c, in: order, layers: 'conv 1x1 {c}'}\n  - conv 3x3 4\n",
    );
    const [expand, chain] = [networkExpander(network), chainExpander(network, count)];
    const orders = [[1, 2], [2, 1], [1, 2, 1], [1], [2], [1, 2], [2, 2, 2, 1]];
    for (let more = 0; more < 2; more++) {
      for (const order of orders) expect(join(chain?.({ set: { order } }) ?? []).totals).toEqual(analyze(expand({ set: { order } })).totals);
      for (let c = 1; c <= 10_500; c++) join(chain?.({ set: { order: [c] } }) ?? []);
    }
  });

  it("most networks are such chains", () => {
    const chains = zooFamilies().filter(({ name }) => chainExpander(readNetwork(zooModel(name).text), count) !== undefined);
    expect(chains.length).toBeGreaterThan(15);
  });

  it("also when more parts have come than are kept", () => {
    const network = readNetwork("parameters: {c: 1, n: 4}\ninput: [c, n, n]\nlayers:\n  - conv 3x3 {c}\n  - conv 1x1 {2 * c}\n");
    const [expand, chain] = [networkExpander(network), chainExpander(network, count)];
    for (let c = 1; c <= 11_000; c++) chain?.({ set: { c } });
    for (const set of [{ c: 5 }, { c: 10_999 }, { c: 5, n: 7 }, { c: 6 }])
      expect(join(chain?.({ set }) ?? []).totals).toEqual(analyze(expand({ set })).totals);
  });

  it.each([
    ["a parameter", "parameters: {c: 4}\ninput: [8, 4, 4]\nlayers: conv 1x1 {c}", [{ c: 4 }, { c: 5 }, { c: 4 }]],
    ["a value of let", "parameters: {c: 4}\nlet: {d: 2 * c}\ninput: [8, 4, 4]\nlayers: conv 1x1 {d}", [{ c: 4 }, { c: 5 }]],
    ["a function of a parameter", "parameters: {c: 4}\nfunctions: {f(x): x * c}\ninput: [8, 4, 4]\nlayers: conv 1x1 {f(2)}", [{ c: 4 }, { c: 5 }]],
    ["a block's default", "parameters: {c: 4}\nblocks: {b(x=c): 'conv 1x1 {x}'}\ninput: [8, 4, 4]\nlayers: b()", [{ c: 4 }, { c: 5 }]],
    ["a block's let", "parameters: {c: 4}\nblocks: {b: {let: {x: c}, layers: 'conv 1x1 {x}'}}\ninput: [8, 4, 4]\nlayers: b()", [{ c: 4 }, { c: 5 }]],
    [
      "a condition in a block",
      "parameters: {c: 4}\nblocks: {b: [{if: c > 4, layers: conv 1x1 2}, relu]}\ninput: [8, 4, 4]\nlayers: b()",
      [{ c: 4 }, { c: 5 }],
    ],
    ["a repeat in a residual", "parameters: {c: 4}\ninput: [8, 4, 4]\nlayers: {residual: {repeat: c, layers: conv 1x1 8}}", [{ c: 4 }, { c: 5 }]],
    ["the shape", "parameters: {c: 4}\ninput: [c, 4, 4]\nlayers: conv 1x1 {in_channels}", [{ c: 4 }, { c: 5 }]],
    ["a batch of its own", "parameters: {c: 4}\ninput: [c, 6]\nlayers: nn.LSTM(6, 5)", [{ c: 4 }, { c: 5 }]],
  ])("a part is made anew for another value of %s", (_, text, settings) => {
    const network = readNetwork(text);
    const [expand, chain] = [networkExpander(network), chainExpander(network, count)];
    for (const set of settings) {
      const whole = analyze(expand({ set })).totals;
      expect(join(chain?.({ set }) ?? []).totals).toEqual(whole);
    }
  });
});
