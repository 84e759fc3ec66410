import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Figures made by PyTorch and other tools, beside the project; tests that need them skip where they are not there. */
const FOLDER = new URL("../../../shared/reference/", import.meta.url);

export function hasReference(name: string): boolean {
  return existsSync(fileURLToPath(new URL(name, FOLDER)));
}

export function readReference(name: string): unknown {
  const data: unknown = JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
  return data;
}

export function readReferenceBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

/** A text of the reference; empty where it is not there, so that a table of tests can be made. */
export function readReferenceText(name: string): string {
  return hasReference(name) ? readFileSync(new URL(name, FOLDER), "utf8") : "";
}
