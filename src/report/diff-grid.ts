import { gain, type Difference, type TotalChange } from "../compare/diff.js";
import { fieldText, layerOf, SIGNS, type ShownChange } from "./diff-rows.js";
import type { Column, Grid, Row } from "./grid.js";
import type { Units } from "./layer-columns.js";
import { byteScale, changePercent, countScale, quotient, scaled, signed, type Scale } from "./numbers.js";

const column = (key: string, title: string, align: Column["align"], unit = "", expendable?: number): Column => ({
  key,
  title,
  unit,
  align,
  expendable,
});

/** Totals that are shown even where they are the same. */
const ALWAYS: ReadonlySet<string> = new Set(["macs", "params", "flops", "weights", "peak-memory"]);

/** A row a total: before, after, the change and its share. */
export function totalGrid({ totals, intensity }: Difference, units: Units): Grid {
  const rows = totals.filter((total) => total.before !== total.after || ALWAYS.has(total.measure.name)).map((total) => totalRow(total, units));
  const [before, after] = [intensity.before, intensity.after].map((value) => (units === "raw" ? String(value) : quotient(value)));
  return {
    columns: [
      column("total", "total", "left"),
      column("before", "before", "right"),
      column("after", "after", "right"),
      column("change", "change", "right"),
      column("%", "%", "right"),
    ],
    rows: [...rows, { style: "normal", cells: ["FLOPs a byte", before ?? "", after ?? "", "", ""] }],
  };
}

function totalRow({ measure, before, after, atLeast }: TotalChange, units: Units): Row {
  const largest = [before, after, before > after ? before - after : after - before];
  const common = measure.unit === "bytes" ? byteScale(largest, units) : countScale(largest, units);
  const write = (value: bigint, scale: Scale) => `${scaled(value, scale, units)}${scale.unit === "" ? "" : ` ${scale.unit}`}`;
  // The change has a unit of its own where it is small beside the totals.
  const change = signed(after - before, (size) => write(size, measure.unit === "bytes" ? byteScale([size], units) : countScale([size], units)));
  const side = (value: bigint, least: boolean) => `${least ? ">= " : ""}${write(value, common)}`;
  const cells = [measure.title, side(before, atLeast.before), side(after, atLeast.after), change, changePercent(before, after).replace("%", "")];
  return { style: before === after ? "normal" : "total", cells };
}

/** A row a layer that was added, removed or changed; below a changed one what it is set to, before and after. */
export function changeGrid(shown: readonly ShownChange[], units: Units): Grid {
  const sizes = (figure: "params" | "macs") =>
    shown.map(({ change }) => gain(change, (layer) => layer[figure])).map((value) => (value < 0n ? -value : value));
  const [params, macs] = [countScale(sizes("params"), units), countScale(sizes("macs"), units)];
  const rows = shown.flatMap((row): Row[] => {
    const { change, more } = row;
    const layer = layerOf(change);
    const name = `${SIGNS[change.type]} ${layer.name}${more > 0 ? ` and ${more} more` : ""}`;
    const figure = (key: "params" | "macs", scale: Scale) =>
      signed(
        gain(change, (each) => each[key]),
        (size) => scaled(size, scale, units),
      );
    const own: Row = { style: "normal", cells: [name, layer.op, layer.kind ?? "", figure("params", params), figure("macs", macs)] };
    if (change.type !== "changed") return [own];
    const renamed = change.before.name === change.after.name || more > 0 ? [] : [`was ${change.before.name}`];
    const fields = [...renamed, ...change.fields.map(fieldText)];
    return [own, ...fields.map((text): Row => ({ style: "step", cells: [`    ${text}`, "", "", "", ""] }))];
  });
  return {
    columns: [
      column("layer", "layer", "left"),
      column("op", "op", "left"),
      column("kind", "kind", "left", "", 1),
      column("params", "params", "right", params.unit),
      column("macs", "MACs", "right", macs.unit),
    ],
    rows,
  };
}
