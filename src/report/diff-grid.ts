import { isIntensityKnown } from "../analyze/analysis.js";
import { titleOf } from "../compare/measures.js";
import { gain, isGainKnown, isKnown, type Difference, type TotalChange } from "../compare/diff.js";
import { fieldText, layerOf, SIGNS, type ShownChange } from "./diff-rows.js";
import type { Column, Grid, Row } from "./grid.js";
import type { Units } from "./layer-columns.js";
import { byteScale, changePercent, countScale, EXACT, NOT_KNOWN, quotient, scaled, signed, type Scale } from "./numbers.js";

const column = (key: string, title: string, align: Column["align"], unit = "", expendable?: number): Column => ({
  key,
  title,
  unit,
  align,
  expendable,
});

/** Totals that are shown even where they are the same. */
const ALWAYS: ReadonlySet<string> = new Set(["macs", "counted", "params", "flops", "weights", "peak-memory"]);

/** A row a total: before, after, the change and its share. */
export function totalGrid({ totals, intensity, before: first, after: model }: Difference, units: Units): Grid {
  const rows = totals
    .filter((total) => total.before !== total.after || ALWAYS.has(total.measure.name))
    .map((total) => totalRow(titleOf(total.measure, model), total, units));
  const quotientOf = (value: number, isExact: boolean) => (!isExact ? NOT_KNOWN : units === "raw" ? String(value) : quotient(value));
  const before = quotientOf(intensity.before, isIntensityKnown(first.totals));
  const after = quotientOf(intensity.after, isIntensityKnown(model.totals));
  return {
    columns: [
      column("total", "total", "left"),
      column("before", "before", "right"),
      column("after", "after", "right"),
      column("change", "change", "right"),
      column("%", "%", "right"),
    ],
    rows: [...rows, { style: "normal", cells: ["FLOPs a byte", before, after, "", ""] }],
  };
}

function totalRow(title: string, { measure, before, after, atLeast }: TotalChange, units: Units): Row {
  const largest = [before, after, before > after ? before - after : after - before];
  const common = measure.unit === "bytes" ? byteScale(largest, units) : countScale(largest, units);
  const write = (value: bigint, scale: Scale) => `${scaled(value, scale, units)}${scale.unit === "" ? "" : ` ${scale.unit}`}`;
  // The change has a unit of its own where it is small beside the totals.
  const difference = signed(after - before, (size) => write(size, measure.unit === "bytes" ? byteScale([size], units) : countScale([size], units)));
  const side = (value: bigint, least: boolean) => `${least ? ">= " : ""}${write(value, common)}`;
  const share = isKnown(atLeast) ? changePercent(before, after).replace("%", "") : "";
  const cells = [title, side(before, atLeast.before), side(after, atLeast.after), bounded(difference, atLeast), share];
  return { style: before === after ? "normal" : "total", cells };
}

/** A change of figures that are lower bounds is one itself where only one of them is, and not known where both are. */
function bounded(difference: string, { before, after }: TotalChange["atLeast"]): string {
  if (before && after) return "?";
  return before ? `<= ${difference}` : after ? `>= ${difference}` : difference;
}

type ChangeFigure = "params" | "macs" | "counted";

/** A row a layer that was added, removed or changed; below a changed one what it is set to, before and after. */
export function changeGrid({ totals, after }: Difference, shown: readonly ShownChange[], units: Units): Grid {
  const counted = totals.some(({ measure }) => measure.name === "counted");
  const figures: readonly { readonly key: ChangeFigure; readonly title: string }[] = [
    ...(counted ? [{ key: "counted", title: after.convention } as const] : []),
    { key: "params", title: "params" },
    { key: "macs", title: "MACs" },
  ];
  const gains = figures.map(({ key }) => shown.map(({ change }) => gain(change, (layer) => layer[key] ?? 0n)));
  const scales = gains.map((values) =>
    countScale(
      values.map((value) => (value < 0n ? -value : value)),
      units,
    ),
  );
  const rows = shown.flatMap(({ change, more }, index): Row[] => {
    const layer = layerOf(change);
    const name = `${SIGNS[change.type]} ${layer.name}${more > 0 ? ` and ${more} more` : ""}`;
    const cells = figures.map(({ key }, figure) => {
      const scale = scales[figure] ?? EXACT;
      return isGainKnown(change, key) ? signed(gains[figure]?.[index] ?? 0n, (size) => scaled(size, scale, units)) : NOT_KNOWN;
    });
    const own: Row = { style: "normal", cells: [name, layer.op, layer.kind ?? "", ...cells] };
    if (change.type !== "changed") return [own];
    const renamed = change.before.name === change.after.name || more > 0 ? [] : [`was ${change.before.name}`];
    const fields = [...renamed, ...change.fields.map(fieldText)];
    return [own, ...fields.map((text): Row => ({ style: "step", cells: [`    ${text}`, "", "", ...figures.map(() => "")] }))];
  });
  return {
    columns: [
      column("layer", "layer", "left"),
      column("op", "op", "left"),
      column("kind", "kind", "left", "", 1),
      ...figures.map(({ key, title }, index) => column(key, title, "right", scales[index]?.unit)),
    ],
    rows,
  };
}
