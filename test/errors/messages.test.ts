import { describe, expect, it } from "vitest";
import { convcost } from "../cli/run.js";
import { writtenComplaints } from "./inventory.js";
import { FLAGS } from "./flags.js";
import { LAYERS } from "./layers.js";
import { MODELS } from "./models.js";
import { OF_NETWORKS } from "./networks.js";

const written = writtenComplaints();
const all = [...LAYERS, ...OF_NETWORKS, ...FLAGS, ...MODELS];

describe("every wrong request is told", () => {
  it.each(all.map((wrong) => [wrong.says, wrong] as const))("%s", async (_, { code, argv, says, setting }) => {
    const { code: exit, stdout, stderr } = await convcost(argv, setting);
    expect(stderr).toContain(says);
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^error: /);
    expect(
      written
        .filter((complaint) => complaint.code === code || (complaint.code.endsWith("*") && code.startsWith(complaint.code.slice(0, -1))))
        .some(({ pattern }) => pattern.test(messageOf(stderr))),
    ).toBe(true);
  });
});

describe("no complaint is without a test that reads it", () => {
  it("by its code", () => {
    const provoked = new Set(all.map(({ code }) => code));
    expect([...new Set(written.map(({ code }) => code))].filter((code) => !code.includes("*") && !provoked.has(code))).toEqual([]);
  });

  it("by its message", async () => {
    const messages = await Promise.all(all.map(async ({ argv, setting }) => messageOf((await convcost(argv, setting)).stderr)));
    const unread = written.filter(({ pattern }) => !messages.some((message) => pattern.test(message)));
    expect(unread.map(({ text, where }) => `${where}: ${text.replaceAll("\u0000", "*")}`)).toEqual([]);
  });
});

function messageOf(stderr: string): string {
  return (stderr.split("\n")[0] ?? "").replace(/^error: /, "");
}
