import type { Random } from "../random.js";
import { joined } from "./bytes.js";

/** A field of a message: a number, fixed bytes, a text or bytes, or a message where its bytes can be one. */
interface Field {
  number: number;
  content: { wire: 0; value: bigint } | { wire: 1 | 5; bytes: Uint8Array } | { wire: 2; bytes: Uint8Array } | { wire: "message"; fields: Field[] };
}

const MAX_DEPTH = 12;

/** Changes a file of protobuf by its fields, so that what comes out is a message again. */
export function mutateProtobuf(content: Uint8Array, random: Random): Uint8Array {
  const fields = parse(content, 0);
  if (fields === undefined) return content;
  for (let left = random.few(6); left > 0; left--) change(fields, random);
  return written(fields);
}

/** The file with some of its texts changed; a text's path is the numbers of the fields that lead to it. */
export function withTexts(content: Uint8Array, change: (text: string, path: readonly number[]) => string | undefined): Uint8Array {
  const fields = parse(content, 0);
  if (fields === undefined) return content;
  const visit = (list: readonly Field[], path: readonly number[]) => {
    for (const field of list) {
      const here = [...path, field.number];
      if (field.content.wire === "message") visit(field.content.fields, here);
      if (field.content.wire !== 2) continue;
      const other = change(new TextDecoder().decode(field.content.bytes), here);
      if (other !== undefined) field.content = { wire: 2, bytes: new TextEncoder().encode(other) };
    }
  };
  visit(fields, []);
  return written(fields);
}

function change(fields: Field[], random: Random): void {
  const lists = allLists(fields);
  const list = random.pick(lists);
  const at = random.below(list.length);
  const field = list[at];
  if (field === undefined) return;
  switch (random.below(8)) {
    case 0:
      list.splice(at, 1);
      return;
    case 1:
      list.splice(random.below(list.length + 1), 0, copy(field));
      return;
    case 2: {
      const other = random.pick(random.pick(lists.filter(({ length }) => length > 0)));
      list.splice(at, random.below(2), copy(other));
      return;
    }
    case 3:
      field.number = 1 + random.below(30);
      return;
    default:
      field.content = changed(field, lists, random);
  }
}

function changed({ content }: Field, lists: readonly Field[][], random: Random): Field["content"] {
  switch (content.wire) {
    case 0:
      return { wire: 0, value: BigInt.asUintN(64, random.chance(4) ? content.value + BigInt(random.below(5) - 2) : BigInt(random.interesting())) };
    case 2: {
      // A name from elsewhere in the file: cycles, names made twice, operators in the place of others.
      const others = lists.flat().filter((field) => field.content.wire === 2);
      const other = random.pick(others).content;
      return random.chance(3) && other.wire === 2
        ? other
        : { wire: 2, bytes: random.chance(2) ? new Uint8Array() : content.bytes.slice(0, random.below(9)) };
    }
    case "message": {
      const at = random.below(content.fields.length);
      return { wire: "message", fields: random.chance(3) ? [] : content.fields.slice(at).map(copy) };
    }
    default:
      return { ...content, bytes: content.bytes.map(() => random.pick([0, 127, 128, 255])) };
  }
}

/** Every list of fields, that of the file first; those of messages as often as they are there. */
function allLists(fields: Field[]): Field[][] {
  const lists = [fields];
  for (const list of lists) {
    for (const { content } of list) if (content.wire === "message" && lists.length < 4000) lists.push(content.fields);
  }
  return lists;
}

function copy({ number, content }: Field): Field {
  return { number, content: content.wire === "message" ? { wire: "message", fields: content.fields.map(copy) } : { ...content } };
}

function parse(bytes: Uint8Array, depth: number): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || tag >> 3n === 0n || tag >> 3n > 512n) return undefined;
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    const value = wire === 0 || wire === 2 ? varint() : 0n;
    if (value === undefined) return undefined;
    if (wire === 0) {
      fields.push({ number, content: { wire, value } });
      continue;
    }
    const length = wire === 1 ? 8 : wire === 5 ? 4 : wire === 2 ? Number(value) : -1;
    if (length < 0 || at + length > bytes.length) return undefined;
    const part = bytes.subarray(at, at + length);
    at += length;
    if (wire === 1 || wire === 5) fields.push({ number, content: { wire, bytes: part } });
    else fields.push({ number, content: inner(part, depth) });
  }
  return fields;
}

/** What may be a message is taken for one, unless it is a text. */
function inner(bytes: Uint8Array, depth: number): Field["content"] {
  const fields = depth < MAX_DEPTH && bytes.length > 1 && !bytes.every((byte) => byte >= 32 && byte < 127) ? parse(bytes, depth + 1) : undefined;
  return fields === undefined ? { wire: 2, bytes } : { wire: "message", fields };
}

function written(fields: readonly Field[]): Uint8Array {
  return joined(
    ...fields.flatMap(({ number, content }) => {
      const tag = (wire: bigint) => varint((BigInt(number) << 3n) | wire);
      switch (content.wire) {
        case 0:
          return [tag(0n), varint(content.value)];
        case 1:
        case 5:
          return [tag(BigInt(content.wire)), content.bytes];
        case 2:
          return [tag(2n), varint(BigInt(content.bytes.length)), content.bytes];
        case "message": {
          const bytes = written(content.fields);
          return [tag(2n), varint(BigInt(bytes.length)), bytes];
        }
      }
    }),
  );
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(left)]);
}
