import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { convcost, type Outcome } from "../cli/run.js";
import { hasReference } from "./reference.js";

/** Runs the command with one file of the folder in place of FILE. */
async function attack(name: string, ...argv: readonly string[]): Promise<Outcome> {
  const bytes = readFileSync(new URL(`../../../shared/reference/attack/${name}`, import.meta.url));
  return convcost(
    argv.map((word) => (word === "FILE" ? name : word)),
    { files: { [name]: { type: "file", bytes } } },
  );
}

describe.skipIf(!hasReference("attack"))("hostile files", () => {
  it.each([
    ["tam1.json", "has the intensity"],
    ["tam-counted+conv.json", "has no counted"],
  ])("%s: a saved analysis that was edited is no evidence", async (name, says) => {
    const asModel = await attack(name, "check", "FILE", "--max-macs", "1G");
    const asBaseline = await attack(
      name,
      "check",
      "zoo:ds_cnn",
      "--baseline",
      "FILE",
      "--max-increase",
      "macs=1000%",
      "--convention",
      name === "tam1.json" ? "convcost" : "thop",
    );
    expect([asModel.code, asBaseline.code]).toEqual([2, 2]);
    expect(asModel.stderr).toContain(says);
    expect(asBaseline.stderr).toContain(says);
  });
});
