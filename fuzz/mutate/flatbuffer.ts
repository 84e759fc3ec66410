import type { Random } from "../random.js";

/** Where the parts of a flatbuffer stand: values that are numbers or offsets, lengths of vectors, entries of vtables. */
interface Layout {
  readonly offsets: readonly { readonly at: number; readonly to: number }[];
  readonly lengths: readonly number[];
  readonly entries: readonly number[];
  readonly scalars: readonly number[];
}

const MAX_PARTS = 4000;

/** Changes a flatbuffer by its tables: other numbers, offsets that lead to other parts or in a circle, fields that go. */
export function mutateFlatbuffer(content: Uint8Array, random: Random): Uint8Array {
  const bytes = content.slice();
  const view = new DataView(bytes.buffer);
  const { offsets, lengths, entries, scalars } = layoutOf(view);
  const set = (at: number, value: number) => {
    if (at >= 0 && at + 4 <= bytes.length) view.setInt32(at, value | 0, true);
  };
  for (let left = random.few(6); left > 0; left--) {
    switch (random.below(6)) {
      case 0:
        if (offsets.length > 0) set(random.pick(offsets).at, random.interesting());
        break;
      case 1:
        if (offsets.length > 0) {
          const { at } = random.pick(offsets);
          set(at, random.pick(offsets).to - at);
        }
        break;
      case 2:
        if (lengths.length > 0) set(random.pick(lengths), random.interesting());
        break;
      case 3:
        if (entries.length > 0) view.setUint16(random.pick(entries), random.chance(2) ? 0 : random.below(64), true);
        break;
      default:
        if (scalars.length > 0) set(random.pick(scalars), random.interesting());
    }
  }
  return bytes;
}

/** Follows whatever can be an offset: a table has a vtable that fits, a vector a length that does. */
function layoutOf(view: DataView): Layout {
  const offsets: { at: number; to: number }[] = [];
  const [lengths, entries, scalars]: [number[], number[], number[]] = [[], [], []];
  const seen = new Set<number>();
  const waiting = [0];
  for (let at = waiting.pop(); at !== undefined && offsets.length + scalars.length < MAX_PARTS; at = waiting.pop()) {
    if (at + 4 > view.byteLength) continue;
    const to = at + view.getUint32(at, true);
    if (to + 4 > view.byteLength || to === at) {
      scalars.push(at);
      continue;
    }
    offsets.push({ at, to });
    if (seen.has(to)) continue;
    seen.add(to);
    const fields = tableFields(view, to);
    if (fields !== undefined) {
      entries.push(...fields.map(({ entry }) => entry));
      waiting.push(...fields.map(({ value }) => value));
      continue;
    }
    const length = view.getUint32(to, true);
    if (length > 4096 || to + 4 + length > view.byteLength) continue;
    lengths.push(to);
    for (let index = 0; index < length; index++) if (to + 8 + 4 * index <= view.byteLength) waiting.push(to + 4 + 4 * index);
  }
  return { offsets, lengths, entries, scalars };
}

function tableFields(view: DataView, table: number): readonly { readonly entry: number; readonly value: number }[] | undefined {
  const vtable = table - view.getInt32(table, true);
  if (vtable < 0 || vtable + 4 > view.byteLength) return undefined;
  const [size, span] = [view.getUint16(vtable, true), view.getUint16(vtable + 2, true)];
  if (size < 4 || size > 200 || size % 2 !== 0 || vtable + size > view.byteLength || span < 4 || table + span > view.byteLength) return undefined;
  const fields: { entry: number; value: number }[] = [];
  for (let entry = vtable + 4; entry < vtable + size; entry += 2) {
    const field = view.getUint16(entry, true);
    if (field >= span) return undefined;
    if (field > 0) fields.push({ entry, value: table + field });
  }
  return fields;
}
