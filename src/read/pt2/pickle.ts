/** A tensor in a pickled state dict: the storage that it lies in, where, and its sizes. */
export interface PickledTensor {
  readonly storage: string;
  readonly offset: number;
  readonly sizes: readonly number[];
}

type Item =
  | { readonly kind: "value"; readonly value: string | number | undefined }
  | { readonly kind: "global"; readonly name: string }
  | { readonly kind: "tuple"; readonly items: readonly Item[] }
  | { readonly kind: "list"; readonly items: Item[] }
  | { readonly kind: "dict"; readonly entries: Map<string, Item> }
  | { readonly kind: "storage"; readonly key: string }
  | { readonly kind: "tensor"; readonly tensor: PickledTensor }
  | { readonly kind: "mark" };

const NOTHING: Item = { kind: "value", value: undefined };

/**
 * Names and storages of the tensors of a state dict that torch.save pickled (Python's pickle protocols 2 to 5; torch/_utils.py, _rebuild_tensor_v2). No object is made and no function is
 * called: what is no tensor is skipped. Nothing where the bytes hold anything else.
 */
export function readStateDict(bytes: Uint8Array): ReadonlyMap<string, PickledTensor> | undefined {
  try {
    const found = new Unpickler(bytes).run();
    if (found?.kind !== "dict") return undefined;
    return new Map([...found.entries].flatMap(([name, item]) => (item.kind === "tensor" ? [[name, item.tensor] as const] : [])));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class Unpickler {
  private at = 0;
  private readonly stack: Item[] = [];
  private readonly memo = new Map<number, Item>();
  private readonly data: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Item | undefined {
    for (;;) {
      const code = String.fromCharCode(this.byte());
      if (code === ".") return this.stack.pop();
      if (!this.constant(code) && !this.memory(code) && !this.container(code)) throw new RangeError(`opcode ${code}`);
    }
  }

  private constant(code: string): boolean {
    const item = this.read(code);
    if (item !== undefined) this.stack.push(item);
    return item !== undefined;
  }

  /** What an opcode writes out. */
  private read(code: string): Item | undefined {
    if (code === "N") return NOTHING;
    if (code === "\x88" || code === "\x89") return value(Number(code === "\x88"));
    if (code === "K") return value(this.byte());
    if (code === "M") return value(this.number(2));
    if (code === "J") return value(this.data.getInt32(this.skip(4), true));
    if (code === "\x8a") return value(this.long(this.byte()));
    if (code === "G") return value(this.data.getFloat64(this.skip(8)));
    if (code === "X") return value(this.text(this.number(4)));
    if (code === "\x8c") return value(this.text(this.byte()));
    if (code === "B") return this.passed(this.number(4));
    if (code === "C") return this.passed(this.byte());
    if (code === "}") return { kind: "dict", entries: new Map() };
    if (code === "]" || code === "\x8f") return { kind: "list", items: [] };
    if (code === ")") return { kind: "tuple", items: [] };
    if (code === "(") return { kind: "mark" };
    return code === "c" ? { kind: "global", name: `${this.line()}.${this.line()}` } : undefined;
  }

  private memory(code: string): boolean {
    const top = this.stack.at(-1);
    if (code === "\x80") this.skip(1);
    else if (code === "\x95") this.skip(8);
    else if (code === "q") this.memo.set(this.byte(), top ?? NOTHING);
    else if (code === "r") this.memo.set(this.number(4), top ?? NOTHING);
    else if (code === "\x94") this.memo.set(this.memo.size, top ?? NOTHING);
    else if (code === "h") this.stack.push(this.memo.get(this.byte()) ?? NOTHING);
    else if (code === "j") this.stack.push(this.memo.get(this.number(4)) ?? NOTHING);
    else return false;
    return true;
  }

  private container(code: string): boolean {
    if (code === "t") this.stack.push({ kind: "tuple", items: this.marked() });
    else if (code === "\x85" || code === "\x86" || code === "\x87")
      this.stack.push({ kind: "tuple", items: this.stack.splice(-(code.charCodeAt(0) - 0x84)) });
    else if (code === "\x93") {
      const [module, name] = this.stack.splice(-2);
      this.stack.push({ kind: "global", name: `${textOf(module) ?? ""}.${textOf(name) ?? ""}` });
    } else if (code === "Q") this.stack.push(stored(this.stack.pop()));
    else if (code === "R" || code === "\x81") {
      const [callee, args] = this.stack.splice(-2);
      this.stack.push(made(callee, args));
    } else if (code === "b") this.stack.pop();
    else if (code === "s") this.fill(this.stack.splice(-2));
    else if (code === "u") this.fill(this.marked());
    else if (code === "a") this.append([this.stack.pop() ?? NOTHING]);
    else if (code === "e" || code === "\x90") this.append(this.marked());
    else return false;
    return true;
  }

  private marked(): readonly Item[] {
    let mark = this.stack.length - 1;
    while (mark >= 0 && this.stack[mark]?.kind !== "mark") mark--;
    if (mark < 0) throw new RangeError("no mark");
    return this.stack.splice(mark).slice(1);
  }

  private fill(items: readonly Item[]): void {
    const dict = this.stack.at(-1);
    if (dict?.kind !== "dict") return;
    for (let index = 0; index + 1 < items.length; index += 2) {
      const name = textOf(items[index]);
      if (name !== undefined) dict.entries.set(name, items[index + 1] ?? NOTHING);
    }
  }

  private append(items: readonly Item[]): void {
    const list = this.stack.at(-1);
    if (list?.kind === "list") list.items.push(...items);
  }

  private byte(): number {
    return this.data.getUint8(this.skip(1));
  }

  private number(size: 2 | 4): number {
    const at = this.skip(size);
    return size === 2 ? this.data.getUint16(at, true) : this.data.getUint32(at, true);
  }

  private long(size: number): number {
    const at = this.skip(size);
    return this.bytes.subarray(at, at + size).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  private text(length: number): string {
    const at = this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
  }

  private line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw new RangeError("no end of line");
    const text = this.text(end - this.at);
    this.skip(1);
    return text;
  }

  private passed(length: number): Item {
    this.skip(length);
    return NOTHING;
  }

  private skip(length: number): number {
    const at = this.at;
    if (at + length > this.bytes.length) throw new RangeError("the end");
    this.at += length;
    return at;
  }
}

const value = (content: string | number): Item => ({ kind: "value", value: content });

const textOf = (item: Item | undefined): string | undefined => (item?.kind === "value" && typeof item.value === "string" ? item.value : undefined);
const numberOf = (item: Item | undefined): number | undefined => (item?.kind === "value" && typeof item.value === "number" ? item.value : undefined);
const itemsOf = (item: Item | undefined): readonly Item[] => (item?.kind === "tuple" || item?.kind === "list" ? item.items : []);

/** A persistent id of torch.save: ('storage', type, key, device, elements). */
function stored(id: Item | undefined): Item {
  const [kind, , key] = itemsOf(id);
  return textOf(kind) === "storage" ? { kind: "storage", key: textOf(key) ?? "" } : NOTHING;
}

function made(callee: Item | undefined, args: Item | undefined): Item {
  const name = callee?.kind === "global" ? callee.name : "";
  const [first, offset, sizes] = itemsOf(args);
  if (name === "collections.OrderedDict") return { kind: "dict", entries: new Map() };
  if (name.startsWith("torch._utils._rebuild_parameter")) return first ?? NOTHING;
  if (!name.startsWith("torch._utils._rebuild_tensor") || first?.kind !== "storage") return NOTHING;
  const tensor = { storage: first.key, offset: numberOf(offset) ?? 0, sizes: itemsOf(sizes).map((size) => numberOf(size) ?? 0) };
  return { kind: "tensor", tensor };
}
