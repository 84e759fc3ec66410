import { strToU8 } from "fflate";
import { analyze } from "../../src/analyze/analyze.js";
import { Digest } from "../../src/analyze/digest.js";
import { conventionNamed } from "../../src/conventions/table.js";
import { parseLayers } from "../../src/read/notation/read.js";
import { analysisJson } from "../../src/report/analysis-json.js";
import type { Case, Claim } from "../case.js";
import { mutateJson, parsed, type Json } from "../mutate/json.js";
import type { Random } from "../random.js";

type Fields = Record<string, Json>;

const TEXTS = [
  "conv 3x3 3->8 s2 @16x16; bn; relu; gap; linear 10",
  "sep 3x3 3->8 @8x8; pw 16 bias; flatten; linear 10 bias",
  "tconv 4x4 3->8 s2 @8x8; bn",
  "nn.LSTM(16, 8, batch_first=True)",
  "nn.MultiheadAttention(16, 4, batch_first=True); nn.Linear(16, 4)",
] as const;

/** What `count --json` prints, with its digest. */
export const SAVED: readonly string[] = TEXTS.flatMap((text) =>
  ["convcost", "thop"].map((convention) => {
    const analysis = analyze(parseLayers(text), { convention: conventionNamed(convention), input: text.startsWith("nn.") ? [1, 12, 16] : undefined });
    return analysisJson(analysis, "0.1.0", analysis.layers);
  }),
);

/** Figures of a total or a layer that follow from others in the file. */
const FIGURES = ["params", "buffers", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved", "intensity", "counted"] as const;
const OF_TOTALS = [...FIGURES, "peakActivationBytes", "uncounted"] as const;

interface Edited {
  readonly root: Fields;
  /** The rest of the file gives the edit away, whatever its digest. */
  readonly contradicts: boolean;
}

const fieldsOf = (value: Json | undefined): Fields => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {});
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const numberOf = (value: Json | undefined): number => (typeof value === "number" ? value : 0);

/** One figure is another. */
function figure(root: Fields, random: Random): boolean {
  const layers = listOf(root["layers"]).map(fieldsOf);
  const isTotal = random.chance(2);
  const fields = isTotal ? fieldsOf(root["totals"]) : random.pick(layers);
  const key = random.pick((isTotal ? OF_TOTALS : FIGURES).filter((name) => typeof fields[name] === "number"));
  const value = numberOf(fields[key]);
  const others = [0, value + 1, Math.max(0, value - 1), 2 * value, Math.floor(value / 2), random.interesting()];
  fields[key] = random.pick(others.filter((other) => other !== value));
  return true;
}

/** A layer goes, as --top leaves layers out, or comes twice. */
function layers(root: Fields, random: Random): boolean {
  const list = listOf(root["layers"]);
  const at = random.below(list.length);
  const goes = random.chance(2);
  root["layers"] = goes ? list.filter((_, index) => index !== at) : [...list, ...list.slice(at, at + 1)];
  return !goes;
}

/** The multiply-adds of one layer are 0, and all that is worked out from them follows; its formula does not. */
function forged(root: Fields, random: Random): boolean {
  const totals = fieldsOf(root["totals"]);
  const known = listOf(root["layers"])
    .map(fieldsOf)
    .filter(({ op, macs, steps }) => typeof op === "string" && /^(conv\dd|linear)$/.test(op) && macs !== 0 && listOf(steps).length === 0);
  if (known.length === 0) return figure(root, random);
  const layer = random.pick(known);
  const macs = numberOf(layer["macs"]);
  for (const fields of [layer, totals]) {
    fields["macs"] = numberOf(fields["macs"]) - macs;
    fields["flops"] = numberOf(fields["flops"]) - 2 * macs;
    const moved = numberOf(fields["bytesMoved"]);
    if ("intensity" in fields) fields["intensity"] = moved === 0 ? 0 : numberOf(fields["flops"]) / moved;
    if ("counted" in fields) fields["counted"] = numberOf(fields["counted"]) - macs;
  }
  return true;
}

/** It says that all was counted, or that something was not. */
function partial(root: Fields): boolean {
  root["partial"] = root["partial"] !== true;
  return true;
}

function edit(text: string, random: Random): Edited {
  const root = fieldsOf(parsed(text));
  delete root["digest"];
  const kinds = [figure, figure, figure, layers, forged, partial] as const;
  if (!random.chance(4)) return { root, contradicts: random.pick(kinds)(root, random) };
  // Anything: names, shapes, attributes, warnings, versions.
  return { root: fieldsOf(parsed(mutateJson(JSON.stringify(root), random))), contradicts: false };
}

/** The file with the digest that it had, a right one, a wrong one or none. */
function written({ root, contradicts }: Edited, before: string, random: Random): { readonly text: string; readonly claim: Claim | undefined } {
  const body = JSON.stringify(root);
  const isSame = body === before.replace(/,"digest":"[^"]*"\}$/, "}");
  const signed = (digest: string) => `${body.slice(0, -1)},"digest":"${digest}"}`;
  const old = /"digest":"([^"]*)"/.exec(before)?.[1] ?? "";
  switch (random.below(4)) {
    case 0:
      return { text: signed(old), claim: isSame ? undefined : { kind: "refused" } };
    case 1: {
      const digest = new Digest();
      digest.add(body.slice(0, -1));
      return { text: signed(digest.text()), claim: contradicts ? { kind: "refused" } : undefined };
    }
    case 2:
      return { text: signed("crc32:00000000"), claim: { kind: "refused" } };
    default:
      return { text: body, claim: contradicts ? { kind: "refused" } : { kind: "unsigned" } };
  }
}

/** A saved analysis that was edited, given to whatever takes one. */
export function edited(random: Random): Case {
  const before = JSON.stringify(parsed(random.pick(SAVED)));
  const { text, claim } = written(edit(before, random), before, random);
  const whole = random.pick(SAVED);
  const files = { "a.json": strToU8(text), "b.json": strToU8(whole), "r.jsonl": strToU8('{"source": "a.json"}\n') };
  const convention = /"convention":"(\w+)"/.exec(text)?.[1] === "thop" ? ["--convention", "thop"] : [];
  const format = ["--format", random.pick(["table", "json", "markdown"])];
  const argv = random.pick([
    ["!check", "a.json", "--max-macs", "1G", ...format],
    ["!check", "a.json", "--max-params", "1G", "--max-peak-memory", "1GiB", ...format],
    ["!check", "conv 3x3 3->8 @16x16", "--baseline", "a.json", "--max-increase", "macs=1000%", ...convention, ...format],
    ["!diff", "a.json", "b.json", ...format],
    ["!diff", "b.json", "a.json", "--exit-code", ...format],
    ["!compare", "a.json", "b.json"],
    ["!batch", "r.jsonl"],
  ]);
  return { argv, files, claim };
}
