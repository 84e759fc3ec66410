import type PbfReader from "pbf";
import { ELIDED } from "./elide.js";
import { compacted, message, type Mutable } from "./message.js";
import type { SparseTensorProto, TensorProto } from "./schema.js";
import { sizeOf } from "./stored-values.js";

/** One TensorProto; values only where they are few, and all there. */
export function readTensor(pbf: PbfReader): TensorProto {
  const dims: number[] = [];
  let typed: number[] | undefined;
  const tensor: Mutable<TensorProto> = { name: "", dims, dataType: 0, raw: undefined, rawStart: undefined, rawLength: undefined };
  message(pbf, (number) => {
    if (number === 1) pbf.readPackedVarint(dims, true);
    else if (number === 2) tensor.dataType = pbf.readVarint();
    else if (number === 4) typed = pbf.readPackedFloat(typed);
    else if (number === 5 || number === 7 || number === 11) typed = pbf.readPackedVarint(typed, number !== 11);
    else if (number === 10) typed = pbf.readPackedDouble(typed);
    else if (number === 8) tensor.name = pbf.readString();
    else if (number === 9) {
      const length = pbf.readVarint();
      tensor.raw = pbf.buf;
      tensor.rawStart = pbf.pos;
      // What is cut off has the bytes that are left.
      tensor.rawLength = Math.min(length, pbf.length - pbf.pos);
      pbf.pos += length;
    } else if (number === 13) {
      const [key, value] = readEntry(pbf);
      if (key === "location") tensor.location = value;
    } else if (number === ELIDED && tensor.raw === undefined) tensor.rawLength = pbf.readVarint();
  });
  tensor.dims = compacted(dims);
  // An elided or external payload leaves fewer values than the shape has.
  if (tensor.raw === undefined && tensor.location === undefined && (typed?.length ?? 0) === sizeOf(dims)) tensor.values = typed ?? [];
  return tensor;
}

/** SparseTensorProto: values, indices, dense shape. */
export function readSparse(pbf: PbfReader): SparseTensorProto {
  const dims: number[] = [];
  const sparse: Mutable<SparseTensorProto> = { values: { name: "", dims: [0], dataType: 1 }, dims };
  message(pbf, (number) => {
    if (number === 1) sparse.values = readTensor(pbf);
    else if (number === 3) pbf.readPackedVarint(dims, true);
  });
  return sparse;
}

/** StringStringEntryProto. */
export function readEntry(pbf: PbfReader): readonly [key: string, value: string] {
  let [key, value] = ["", ""];
  message(pbf, (number) => {
    if (number === 1) key = pbf.readString();
    else if (number === 2) value = pbf.readString();
  });
  return [key, value];
}
