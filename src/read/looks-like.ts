/** Files that are not read, by what is in them: what they are, and what to do instead. */
const KINDS: readonly { readonly matches: (head: Uint8Array) => boolean; readonly what: string; readonly hint: string }[] = [
  {
    matches: (head) => text(head, 0, 2) === "\u0080\u0002" || head[0] === 0x80,
    what: "a Python pickle (torch.save, before PyTorch 1.6)",
    hint: "export the model to ONNX, or pipe print(model)",
  },
  { matches: (head) => text(head, 0, 6) === "\u0093NUMPY", what: "a NumPy array", hint: "a model says how its arrays are used" },
  { matches: (head) => text(head, 0, 2) === "\u001f\u008b", what: "a gzip archive", hint: "unpack it first" },
  { matches: (head) => text(head, 0, 4) === "\u007fELF" || text(head, 0, 2) === "MZ", what: "a program", hint: "give the model that it runs" },
  {
    matches: (head) => text(head, 1, 4) === "PNG" || text(head, 0, 2) === "\u00ff\u00d8",
    what: "a picture",
    hint: "give the model that looks at it",
  },
  {
    matches: (head) => text(head, 4, 8) === "ORTM",
    what: "a model in ONNX Runtime's ORT format (ORTM at byte 4)",
    hint: "give the ONNX model that it was made of",
  },
  { matches: isCoreMl, what: "a Core ML model", hint: "give the model that it was converted from" },
  {
    matches: isSavedModel,
    what: "a SavedModel of TensorFlow",
    hint: "convert it with tf2onnx or TensorFlow Lite's converter",
  },
  {
    matches: (head) => head[0] === 0x08 || head[0] === 0x0a,
    what: "a protocol buffer (a SavedModel or frozen graph of TensorFlow?)",
    hint: "convert it with tf2onnx or TensorFlow Lite's converter",
  },
];

/**
 * What a protocol buffer has in its second field where the first is a small number, as of SavedModel (saved_model.proto) and Core ML (Model.proto): a
 * message that begins with another message. ONNX has a name there.
 */
function innerMessage(head: Uint8Array): Uint8Array | undefined {
  const [first, version = 0x20, second, ...rest] = head;
  const inner = first === 0x08 && version < 0x20 && second === 0x12 ? afterLength(rest) : [];
  return inner[0] === 0x0a ? Uint8Array.from(afterLength(inner.slice(1))) : undefined;
}

/** Bytes behind a varint. */
function afterLength(bytes: readonly number[]): readonly number[] {
  return bytes.slice(bytes.findIndex((byte) => byte < 0x80) + 1);
}

/** Whether a file begins with a number and a message that no ONNX model has there. */
export function isOtherProtobuf(head: Uint8Array): boolean {
  return innerMessage(head) !== undefined;
}

/** Core ML describes its inputs first, each with its name and type; one without any describes its outputs. */
function isCoreMl(head: Uint8Array): boolean {
  const [tag, length = 0, ...name] = innerMessage(head) ?? [];
  return tag === 0x0a && [0x12, 0x1a].includes(name[length] ?? 0) && name.slice(0, length).every((byte) => byte >= 0x20);
}

function isSavedModel(head: Uint8Array): boolean {
  return head[1] === 1 && innerMessage(head) !== undefined && !isCoreMl(head);
}

function text(head: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...head.subarray(start, end));
}

/** What a file that is not read looks like, from its first bytes. */
export function looksLike(head: Uint8Array): { readonly what: string; readonly hint: string } | undefined {
  return KINDS.find(({ matches }) => matches(head));
}
