import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { answerBlock } from "../../src/commands/batch-answer.js";
import { isWorkerTask } from "../../src/commands/worker-tasks.js";
import type { Io, Worker } from "../../src/io.js";
import { linesOf } from "../../src/read/batch/lines.js";
import { rawMember } from "../../src/read/batch/raw-member.js";
import { convcost, file, type Setting } from "./run.js";

const SPEC = '{"spec": "conv 3x3 3->8 @8x8"}';
/** 8x8 outputs of 8 channels, 3x9 taps each. */
const MACS = 8 * 8 * 8 * 27;

async function batch(lines: Setting["stdin"], argv: readonly string[] = [], setting: Setting = {}) {
  const { code, stdout, stderr } = await convcost(["batch", ...argv], { ...setting, stdin: lines ?? "" });
  const texts = stdout.split("\n").slice(0, -1);
  return { code, stderr, texts, records: texts.map((text): unknown => JSON.parse(text)) };
}

const one = async (line: string, ...argv: readonly string[]) => (await batch(`${line}\n`, argv)).records[0];

describe("batch answers line by line", () => {
  it("in order, with ids and line numbers, an error record for a bad line, and the rest goes on", async () => {
    const { code, stderr, records } = await batch(
      `{"id": "a", "spec": "conv 3x3 3->8 @8x8"}\n{bad\n\n"conv 3x3 3->8 @8x8"\n{"id": 7, "spec": "conv"}`,
    );
    expect(code).toBe(0);
    expect(stderr).toBe("warning: 2 of 4 lines could not be answered: their records say why\n");
    expect(records).toMatchObject([
      { schema: "convcost/batch@1", id: "a", line: 1, ok: true, totals: { macs: MACS, params: 216 }, outputs: [{ shape: [1, 8, 8, 8] }] },
      { line: 2, ok: false, error: { code: "bad-json" } },
      { line: 4, ok: true, totals: { macs: MACS } },
      { id: 7, line: 5, ok: false, error: { code: "missing-argument" } },
    ]);
  });

  it("--fail exits with 1 where a line failed, and with 0 where none did", async () => {
    expect((await batch("{bad\n", ["--fail"])).code).toBe(1);
    expect((await batch(`${SPEC}\n`, ["--fail"])).code).toBe(0);
  });

  it.each([
    [`{"spec": ["conv 3x3 3->8", "relu"], "input": [3, 8, 8]}`, { totals: { layers: 2, macs: MACS } }],
    [`{"spec": "conv 3x3 3->8", "input": "1x3x8x8", "batch": 2}`, { totals: { macs: 2 * MACS } }],
    [`{"spec": "conv 3x3 3->8", "input": {"x": [3, 8, 8]}, "dtype": "int8"}`, { totals: { weightBytes: 216 } }],
    [`{"spec": "conv 3x3 3->8", "input": [8, 8, 3], "layout": "nhwc"}`, { outputs: [{ shape: [1, 8, 8, 8] }], layout: "nhwc" }],
  ])("%s", async (line, expected) => {
    expect(await one(line)).toMatchObject({ ok: true, ...expected });
  });

  it("networks and their parameters", async () => {
    const { texts } = await batch('{"source": "zoo:mobilenet_v1", "set": {"alpha": 0.5}}');
    const figure = (name: string) => Number(new RegExp(`"totals": .*?"${name}": (\\d+)`).exec(texts[0] ?? "")?.[1]);
    // MobileNets (arXiv 1704.04861), table 6: alpha 0.5 is 149 million multiply-adds and 1.3 million parameters.
    expect([Math.round(figure("macs") / 1e6), Math.round(figure("params") / 1e5)]).toEqual([149, 13]);
  });

  it("flags hold for every line that does not say otherwise", async () => {
    const { records } = await batch(`{"spec": "conv 3x3 3->8"}\n{"spec": "conv 3x3 3->8", "input": [3, 4, 4], "layers": false}\n`, [
      "--input",
      "3x8x8",
      "--layers",
    ]);
    expect(records).toMatchObject([{ totals: { macs: MACS }, layers: [{ op: "conv2d" }] }, { totals: { macs: MACS / 4 } }]);
    expect(records[1]).not.toHaveProperty("layers");
  });

  it("an id goes back as it was written, digits that no double has among them", async () => {
    const { texts } = await batch(`{"id": 12345678901234567890, "spec": "relu", "input": [4]}\n{"id": {"a": [1.50, "x, }\\""]}, "spec": "relu"}\n`);
    expect(texts[0]).toContain('"id": 12345678901234567890,');
    expect(texts[1]).toContain('"id": {"a":[1.50,"x, }\\""]},');
    // Found by fuzzing: what turns a terminal's text around is escaped, and the same to whoever parses it.
    expect((await batch('{"id": "a\u202eb", "spec": "relu", "input": [4]}\n')).texts[0]).toContain('"id": "a\\u202eb",');
  });
});

describe("a request that is wrong is told at its key", () => {
  it.each([
    [`{"sorce": "x"}`, { code: "unknown-key", place: { key: "sorce" }, hint: 'did you mean "source"?' }],
    [`{"spec": "relu", "batch": 0}`, { code: "bad-request", place: { key: "batch" } }],
    [`{"spec": "relu", "batch": "2"}`, { code: "bad-request", place: { key: "batch" } }],
    [`{"spec": "relu", "input": {"x": [1.5]}}`, { code: "bad-request", place: { key: "input" } }],
    [`{"spec": "relu", "dtype": "float"}`, { code: "bad-request", place: { key: "dtype" } }],
    [`{"spec": "relu", "source": "zoo:vgg16"}`, { code: "bad-request", place: { key: "source" } }],
    [`{"id": 1}`, { code: "bad-request" }],
    [`[1]`, { code: "bad-request" }],
    [`null`, { code: "bad-request" }],
    [`{"spec": "conv 3y3 64"}`, { code: "unknown-part", place: { source: "spec", line: 1, column: 6, text: "3y3" } }],
    [`{"spec": "relu", "input": "4xq"}`, { code: "bad-shape", place: { key: "input" } }],
    [`{"source": "-"}`, { code: "no-stdin", place: { key: "source" } }],
    [`{"source": "none/model.onnx"}`, { code: "unreadable-file", place: { file: "none/model.onnx" } }],
    ["\u0000", { code: "bad-json" }],
  ])("%s", async (line, error) => {
    expect(await one(line)).toMatchObject({ ok: false, error });
  });

  it("a flag that is wrong for a line is told as the flag", async () => {
    expect(await one('"relu"', "--set", "alpha=1")).toMatchObject({ ok: false, error: { place: { flag: "--set" } } });
  });

  it("a failure of the program itself is a record that says so, and the rest goes on", async () => {
    const { code, records } = await batch(`{"id": 1, "source": "broken.onnx"}\n${SPEC}\n`, [], {
      files: {
        get "broken.onnx"(): never {
          throw new TypeError("the disk is on fire");
        },
      },
    });
    expect(code).toBe(0);
    expect(records).toMatchObject([{ id: 1, ok: false, error: { code: "bug" } }, { ok: true }]);
    expect(JSON.stringify(records[0])).toContain("disk is on fire");
  });
});

describe("the stream", () => {
  async function lines(chunks: readonly (string | Uint8Array)[], max?: number) {
    async function* stream() {
      await Promise.resolve();
      for (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    }
    const found = [];
    for await (const group of linesOf(stream(), max)) found.push(...group);
    return found;
  }

  it("lines are the same however the bytes are cut", async () => {
    const text = '\uFEFF"é"\r\n\n"日本"\n  \n"last"';
    const bytes = new TextEncoder().encode(text);
    const whole = await lines([bytes]);
    expect(whole.map(({ number }) => number)).toEqual([1, 3, 5]);
    expect(whole.map((line): unknown => JSON.parse(line.text ?? ""))).toEqual(["é", "日本", "last"]);
    for (let cut = 0; cut <= bytes.length; cut++) expect(await lines([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(whole);
    expect(await lines([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  it("a line that is too long, or no UTF-8, is told and the next one read", async () => {
    expect(await lines(["123456", "78\n12345\n", Uint8Array.of(0xff, 10), "ok"], 5)).toEqual([
      { number: 1, problem: "line-too-long" },
      { number: 2, text: "12345" },
      { number: 3, problem: "not-utf8" },
      { number: 4, text: "ok" },
    ]);
  });

  it("files one after the other, each with its own lines; a file that is none is told", async () => {
    const files = { "a.jsonl": file(`${SPEC}\n`), "b.jsonl": file(`\n${SPEC}`) };
    const { records } = await batch("", ["a.jsonl", "b.jsonl"], { files });
    expect(records).toMatchObject([
      { file: "a.jsonl", line: 1, ok: true },
      { file: "b.jsonl", line: 2, ok: true },
    ]);
    const missing = await batch("", ["none.jsonl"]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/none\.jsonl.*ENOENT/);
  });

  it("nothing in, nothing out", async () => {
    expect(await batch("")).toMatchObject({ code: 0, texts: [], stderr: "" });
  });

  it("a file that changes is read again", async () => {
    let width = 8;
    const files = {
      get "net.yaml"() {
        return file(`input: [4, 4, 4]\nlayers: conv 1x1 ${width++}\n`);
      },
    };
    const { records } = await batch('"net.yaml"\n"net.yaml"\n', [], { files });
    const widths = records.map((record) => JSON.stringify(record).match(/"shape":\[1,(\d+),4,4\],"dtype":"float32"\}\],"totals"/)?.[1]);
    expect(Number(widths[1])).toBeGreaterThan(Number(widths[0]));
  });
});

describe("rawMember", () => {
  it.each([
    ['{"id": 1e400, "b": 2}', "1e400"],
    ['{"a": {"id": 1}, "id": [1, {"id": 2}]}', '[1,{"id":2}]'],
    ['{"a": "\\"id\\": 3", "id": 4}', "4"],
    ['{"id": 1, "id": 2}', "2"],
    ['{"\\u0069d": 5}', "5"],
    ['{"a": 1}', undefined],
  ])("%s", (json, expected) => {
    expect(rawMember(json, "id")).toBe(expected);
  });
});

describe("--jobs", () => {
  const unused: Io = {
    cwd: () => "/",
    env: {},
    stdout: { write: () => undefined, isTerminal: false },
    stderr: { write: () => undefined, isTerminal: false },
    readStdin: () => ({ type: "missing" }),
    readChunks: () => none(),
    readFile: () => ({ type: "missing" }),
    openBytes: () => undefined,
    writeFile: () => undefined,
    appendFile: () => undefined,
    openFile: () => ({ write: () => undefined, close: () => undefined, discard: () => undefined }),
    now: () => 0,
    breathe: () => Promise.resolve(),
    cores: 1,
  };
  async function* none(): AsyncGenerator<Uint8Array> {}

  /** Workers of this same thread, of which the first dies of a line with `die` in it, as one without memory does. */
  function workers(deaths: { count: number }): NonNullable<Setting["startWorker"]> {
    return (task): Worker => {
      if (!isWorkerTask(task) || task.kind !== "batch") throw new Error("no task");
      const answer = answerBlock(task.task, unused);
      return {
        ask: (block) => {
          if (JSON.stringify(block).includes("die")) {
            deaths.count += 1;
            return Promise.reject(new Error("out of memory"));
          }
          return answer(block);
        },
        stop: () => Promise.resolve(),
      };
    };
  }
  const requests = Array.from({ length: 100 }, (_, index) => `{"id": ${index}, "spec": "conv 3x3 ${index + 1}->8 @8x8"}`);

  it("changes nothing, whatever comes first", async () => {
    const alone = await batch(requests.join("\n"));
    const several = await batch(requests.join("\n"), ["--jobs", "3"], { startWorker: workers({ count: 0 }) });
    expect(several.texts).toEqual(alone.texts);
    expect(several.texts).toHaveLength(100);
  });

  it("a worker that dies takes one line with it, which is told", async () => {
    const deaths = { count: 0 };
    const lines = requests.map((line, index) => (index === 42 ? '{"id": 42, "spec": "die"}' : line));
    const { code, records } = await batch(lines.join("\n"), ["--jobs", "2"], { startWorker: workers(deaths) });
    expect(code).toBe(0);
    expect(records).toHaveLength(100);
    expect(records[42]).toMatchObject({ line: 43, ok: false, error: { code: "bug" } });
    expect(JSON.stringify(records[42])).toContain("out of memory");
    expect(records.filter((record) => JSON.stringify(record).includes('"ok":false'))).toHaveLength(1);
    expect(deaths.count).toBeGreaterThan(0);
  });
});

describe("schema/batch.json", () => {
  const text: unknown = JSON.parse(readFileSync(new URL("../../schema/batch.json", import.meta.url), "utf8"));
  if (typeof text !== "object" || text === null) throw new Error("no schema");
  const ajv = new Ajv2020().addSchema(text);
  const answer = ajv.getSchema("convcost/batch@1");
  const request = ajv.compile({ $ref: "convcost/batch@1#/$defs/request" });

  it.each([
    [`{"id": [1], "spec": "conv 3x3 3->8; sep 3x3 8", "input": [3, 8, 8], "layers": true}`, true],
    [`{"source": "zoo:mobilenet_v2", "set": {"alpha": 0.5}, "dims": {}}`, true],
    [`"conv 3x3 3->8 @8x8"`, true],
    [`{"spec": "conv 3y3 64"}`, true],
    [`{"spec": "relu", "sorce": "x"}`, false],
    [`{"spec": "relu", "source": "zoo:vgg16"}`, false],
    [`{"spec": "relu", "batch": 0}`, false],
  ])("%s, and its answer", async (line, right) => {
    expect(request(JSON.parse(line))).toBe(right);
    void answer?.(await one(line));
    expect(answer?.errors).toBeNull();
  });

  it("refuses an answer that is neither", () => {
    expect(answer?.({ schema: "convcost/batch@1", line: 1, ok: true })).toBe(false);
    expect(answer?.({ schema: "convcost/batch@1", line: 1, ok: false })).toBe(false);
  });
});
