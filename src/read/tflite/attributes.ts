import { fail } from "../../graph/diagnostic.js";
import type { AttributeProto } from "../onnx/schema.js";
import type { Table } from "./flat.js";
import type { Field } from "./options.js";
import { ACTIVATIONS } from "./schema.js";

const attribute = (name: string, value: Partial<AttributeProto>): AttributeProto => ({ name, floats: [], ints: [], strings: [], ...value });

/** An operator's options; its defaults where there are none. */
export function optionsOf(fields: readonly Field[], options: Table | undefined): Map<string, AttributeProto> {
  return new Map(fields.map((field) => [field[0], attribute(field[0], valueOf(field, options))]));
}

function valueOf([, number, kind, otherwise = 0]: Field, options: Table | undefined): Partial<AttributeProto> {
  switch (kind) {
    case "int":
      return { i: options?.int32(number, otherwise) ?? otherwise };
    case "long":
      return { i: options?.int64(number, otherwise) ?? otherwise };
    case "ints":
      return { ints: options?.int32s(number) ?? [] };
    case "longs":
      return { ints: options?.int64s(number) ?? [] };
    case "flag":
    case "byte":
      return { i: byteOf(number, otherwise, options) };
    case "activation":
      return { s: coded("activation", ACTIVATIONS, byteOf(number, otherwise, options)) };
    case "padding":
      return { s: coded("padding", PADDINGS, byteOf(number, otherwise, options)) };
  }
}

const PADDINGS = ["SAME", "VALID"];

/** What a number of an enumeration stands for. Throws `bad-tflite`. */
function coded(what: string, names: readonly string[], code: number): string {
  return names[code] ?? fail("bad-tflite", `an operator of this model has the ${what} ${code}`, { expected: `0 to ${names.length - 1}` });
}

function byteOf(number: number, otherwise: number, options: Table | undefined): number {
  return options?.int8(number, otherwise) ?? otherwise;
}

/**
 * Options of a custom operator. Those of MediaPipe are C structures of 32-bit numbers (TfLiteTransposeConvParams, TfLitePoolParams); others are FlexBuffers, in
 * which nothing is looked up.
 */
export function custom(options: Uint8Array | undefined): ReadonlyMap<string, AttributeProto> {
  if (options === undefined || options.length % 4 !== 0 || options.length > 64) return new Map();
  const view = new DataView(options.buffer, options.byteOffset, options.byteLength);
  const ints = Array.from({ length: options.length / 4 }, (_, index) => view.getInt32(4 * index, true));
  return new Map([["options", attribute("options", { ints })]]);
}
