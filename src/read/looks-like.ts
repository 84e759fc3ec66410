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
    matches: (head) => head[0] === 0x08 || head[0] === 0x0a,
    what: "a protocol buffer (a SavedModel or frozen graph of TensorFlow?)",
    hint: "convert it with tf2onnx or TensorFlow Lite's converter",
  },
];

function text(head: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...head.subarray(start, end));
}

/** What a file that is not read looks like, from its first bytes. */
export function looksLike(head: Uint8Array): { readonly what: string; readonly hint: string } | undefined {
  return KINDS.find(({ matches }) => matches(head));
}
