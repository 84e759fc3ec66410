import { describe, expect, it } from "vitest";
import { jsonPieces, writeJson, type Json } from "../src/report/json.js";
import { convcost, file } from "./cli/run.js";

/** What JSON.stringify makes of a text's value is what it is; the layout over lines is ours. */
const normal = (text: string) => JSON.stringify(JSON.parse(text));

describe("JSON written piece by piece", () => {
  const values: readonly (readonly [string, { readonly [key: string]: Json }])[] = [
    ["nothing", {}],
    ["an empty list", { list: [] }],
    ["lists of lists", { shape: [[1, 3, 224, 224], [], [1]] }],
    ["texts that need escapes", { 'a "key"': 'a "text"\n\u0000\u2028\\ and é', plain_key: "\u001b[31m" }],
    ["nulls and truth values", { a: null, b: true, c: false, d: -0.5, e: 1e21 }],
    ["objects in lists in objects", { a: { b: { c: [{ d: [{ e: {} }] }, { f: [] }] } } }],
    ["a list of both", { list: [1, { a: 1 }, [2]] }],
  ];

  it.each(values)("%s: as JSON.stringify has it", (_, value) => {
    expect(normal(writeJson(value))).toBe(JSON.stringify(value));
    expect([...jsonPieces(value)].join("")).toBe(writeJson(value));
  });

  it("leaves out what is undefined, first or last", () => {
    expect(normal(writeJson({ a: undefined, b: 1, c: undefined, d: { e: undefined } }))).toBe('{"b":1,"d":{}}');
  });

  it("writes integers in full at any size", () => {
    expect(writeJson([2n ** 70n])).toBe("[1180591620717411303424]");
  });

  it("takes a list that is made while it is written, one item at a time", () => {
    let made = 0;
    const list = function* () {
      for (let index = 0; index < 3; index++) {
        made += 1;
        yield { index };
      }
    };
    const madeWhenWritten: number[] = [];
    for (const piece of jsonPieces({ list })) if (piece.includes("index")) madeWhenWritten.push(made);
    expect(madeWhenWritten).toEqual([1, 2, 3]);
    expect(normal(writeJson({ list, deep: [{ list }] }))).toBe(
      JSON.stringify({ list: [{ index: 0 }, { index: 1 }, { index: 2 }], deep: [{ list: [{ index: 0 }, { index: 1 }, { index: 2 }] }] }),
    );
  });
});

describe("what the commands print as JSON", () => {
  const chain = "3*(conv 3x3 8; relu)";
  const kinds: readonly (readonly string[])[] = [
    ["count", chain, "--input", "3x8x8"],
    ["count", chain, "--input", "3x8x8", "--group-by", "op"],
    ["count", chain, "--input", "3x8x8", "--top", "1"],
    ["count", chain, "--input", "3x8x8", "--convention", "thop"],
    ["count", "zoo:mobilenet_v1"],
    ["count", "nn.LSTM(4, 8)", "--input", "2x3x4"],
    ["compare", "conv 3x3 8->8 @8x8"],
    ["check", "conv 3x3 8->8 @8x8", "--max-macs", "1M"],
    ["whatif", "conv 3x3 8->8 @8x8; relu", "--replace", "standard", "--with", "depthwise-separable"],
  ];

  it.each(kinds.map((args) => [args.join(" "), args] as const))("%s: one value, the same in a file as in a pipe", async (_, args) => {
    const piped = await convcost([...args, "--json"]);
    const { written, stderr } = await convcost([...args, "--json", "-o", "out.json"]);
    expect([stderr, piped.stderr]).toEqual(["", ""]);
    const text = written.get("out.json") ?? "";
    expect(text).toBe(piped.stdout);
    // Written by hand from its parts, it has no comma too many, and every key once: whatever is read of it writes the same text, blanks aside.
    expect(normal(text)).toBe(text.replaceAll(/\s*\n\s*/g, "").replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, "$1"));
  });

  it("hundreds of layers go in few writes, thousands in several", async () => {
    const writes: number[] = [];
    const { stdout } = await convcost(["count", "5000*(relu)", "--input", "1x4", "--json"], { onWrite: (text) => writes.push(text.length) });
    expect(JSON.parse(stdout)).toMatchObject({ totals: { layers: 5000 } });
    expect(writes.length).toBeGreaterThan(5);
    expect(Math.max(...writes)).toBeLessThan(80_000);
  });
});

describe("a sweep", () => {
  it("makes no grid: of 10^15 points it counts those that are asked for", async () => {
    const grid = ["--set", "alpha=0.000001..1:0.000001", "--set", "classes=1..1000000000:1"];
    const { code, stdout } = await convcost(["sweep", "zoo:mobilenet_v1", ...grid, "--top", "3", "--json"]);
    expect(code).toBe(0);
    expect(stdout.trim().split("\n").length).toBe(3);
  });

  it("writes rows while it counts, and keeps none", async () => {
    const network = "parameters: {c: 1}\ninput: [1, 4, 4]\nlayers:\n  - conv 3x3 {c}\n";
    const writes: number[] = [];
    const setting = { files: { "net.yaml": file(network) }, onWrite: (text: string) => writes.push(text.length) };
    await convcost(["sweep", "net.yaml", "--set", "c=1..3000:1", "--json"], setting);
    expect(writes.length).toBeGreaterThan(5);
    expect(Math.max(...writes)).toBeLessThan(80_000);
  });
});
