import { ELIDED } from "./elide.js";
import type { Mutable } from "./message.js";
import type { ModelReader } from "./reader.js";
import type { SparseTensorProto, TensorProto } from "./schema.js";
import { sizeOf } from "./stored-values.js";

/** One TensorProto; values only where they are few, and all there. */
export function readTensor(pbf: ModelReader): TensorProto {
  const dims: number[] = [];
  let typed: number[] | undefined;
  let wide: bigint[] | undefined;
  const tensor: Mutable<TensorProto> = { name: "", dims, dataType: 0, raw: undefined, rawStart: undefined, rawLength: undefined };
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) pbf.readPackedVarint(dims, true);
    else if (field === 2) tensor.dataType = pbf.readVarint();
    else if (field === 4) typed = pbf.readPackedFloat(typed);
    else if (field === 5) typed = pbf.readPackedVarint(typed, true);
    else if (field === 7 || field === 11) wide = pbf.readInt64s(wide);
    else if (field === 10) typed = pbf.readPackedDouble(typed);
    else if (field === 8) tensor.name = pbf.readString();
    else if (field === 9) {
      const length = pbf.readVarint();
      tensor.raw = pbf.buf;
      tensor.rawStart = pbf.pos;
      // What is cut off has the bytes that are left.
      tensor.rawLength = Math.min(length, pbf.length - pbf.pos);
      pbf.pos += length;
    } else if (field === 13) {
      const [key, value] = readEntry(pbf);
      if (key === "location") tensor.location = value;
      else if (key === "length") tensor.externalLength = value;
    } else if (field === ELIDED && tensor.raw === undefined) tensor.rawLength = pbf.readVarint();
  }
  tensor.dims = pbf.sizes.of(dims);
  // An elided or external payload leaves fewer values than the shape has.
  const values = wide ?? typed ?? [];
  if (tensor.raw === undefined && tensor.location === undefined && values.length === sizeOf(dims)) tensor.values = values;
  else if (values.length > 0) tensor.listed = values.length;
  return tensor;
}

/** SparseTensorProto: values, indices, dense shape. */
export function readSparse(pbf: ModelReader): SparseTensorProto {
  const dims: number[] = [];
  const sparse: Mutable<SparseTensorProto> = { values: { name: "", dims: [0], dataType: 1 }, dims };
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) sparse.values = readTensor(pbf);
    else if (field === 3) pbf.readPackedVarint(dims, true);
  }
  return sparse;
}

/** StringStringEntryProto. */
export function readEntry(pbf: ModelReader): readonly [key: string, value: string] {
  let [key, value] = ["", ""];
  const end = pbf.messageEnd();
  while (pbf.next(end)) {
    const { field } = pbf;
    if (field === 1) key = pbf.readString();
    else if (field === 2) value = pbf.readString();
  }
  return [key, value];
}
