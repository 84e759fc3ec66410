import { fail, type Place } from "../../graph/diagnostic.js";
import type { GraphInput, OpenTensor } from "../../graph/graph.js";
import type { Inferrer } from "../../graph/inferrer.js";
import { turnShape, type Layout } from "../../graph/layout.js";
import type { Shape } from "../../graph/shape.js";
import { writtenInputs, type InputShapes } from "../../graph/written-input.js";
import type { Ledger } from "./ledger.js";
import { dtypeOf, possible, refuseRank, type Operand } from "./operand.js";
import type { Sizes, TypeProto, ValueInfo } from "./schema.js";
import { symbolOf, type WrittenTypes } from "./types.js";

export interface InputSizes {
  /** Shape of the only input, or shapes by name. */
  readonly input?: InputShapes | undefined;
  readonly batch?: number | undefined;
  /** The order in which images are written, where it is another than the model's. */
  readonly layout?: Layout | undefined;
}

type TensorProtoType = Extract<TypeProto, { kind: "tensor" }>;

/** The inputs of a model's graph, with the sizes that the file leaves open put in where they are known. */
export class OnnxInputs {
  readonly found: GraphInput[] = [];
  readonly open: OpenTensor[] = [];
  /** Inputs of which a size is not known, and 1 is taken. */
  readonly guessed = new Set<string>();
  /** Inputs without sizes, which are taken for scalars. */
  private readonly scalars = new Set<string>();

  constructor(
    private readonly types: WrittenTypes,
    private readonly ledger: Ledger,
    private readonly inferrer: Inferrer,
    private readonly sizes: InputSizes,
    private readonly place: Place,
    private readonly imageOrder: Layout | undefined,
  ) {}

  /** What nodes read under the names of the inputs. Throws `unknown-input`, `wrong-rank`, `bad-shape`. */
  read(infos: readonly ValueInfo[]): ReadonlyMap<string, Operand> {
    const names = infos.map(({ name }) => name);
    const set = writtenInputs(names, this.sizes.input);
    // What is said of one input may give another its sizes: those go first.
    const ordered = [...infos.filter(({ name }) => set.has(name)), ...infos.filter(({ name }) => !set.has(name))];
    const operands = new Map(ordered.map((info) => [info.name, this.operand(info, set.get(info.name))]));
    const order = new Map(names.map((name, index) => [name, index]));
    this.found.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
    return operands;
  }

  private operand({ name, type }: ValueInfo, set: Shape | undefined): Operand {
    // An optional input is taken as given.
    const inner = type?.kind === "optional" ? type.element : type;
    if (inner !== undefined && inner.kind !== "tensor") {
      return { kind: "unknown", reason: `input ${name} is a ${inner.kind}: how many tensors it has depends on the data` };
    }
    const tensor: TensorProtoType = inner ?? { kind: "tensor", elementType: 1 };
    refuseRank(tensor.shape?.length ?? 0);
    const shape = set === undefined ? this.shape(name, tensor) : this.written(name, tensor, set);
    if (shape === undefined) {
      this.open.push(this.types.open({ name, type: tensor }) ?? { name, shape: null, dtype: dtypeOf(tensor.elementType) });
      return { kind: "unknown", reason: `the shape of input ${name} is open` };
    }
    const dtype = dtypeOf(tensor.elementType);
    const value = { shape: possible(shape), dtype: dtype === "float32" ? undefined : dtype };
    const axes = shape.length >= 4 ? (this.imageOrder ?? "plain") : "plain";
    this.found.push({ name, type: value, axes });
    return { kind: "tensor", name, value: this.inferrer.value(value, axes), isGuess: this.guessed.has(name) || this.scalars.has(name) || undefined };
  }

  /** A shape that was typed, with a batch in front where the file has one dimension more. Throws `wrong-rank`. */
  private written(name: string, { shape, placeholders }: TensorProtoType, set: Shape): Shape {
    const batched = shape !== undefined && set.length + 1 === shape.length ? [this.sizes.batch ?? 1, ...set] : set;
    const { layout } = this.sizes;
    const turns = layout !== undefined && this.imageOrder !== undefined && batched.length >= 4;
    const whole = turns ? turnShape(batched, layout, this.imageOrder) : batched;
    if (shape === undefined) return whole;
    if (whole.length !== shape.length) {
      fail("wrong-rank", `input ${name} has ${shape.length} dimensions, and ${set.length} are given`, {
        place: { kind: "flag", flag: "--input" },
        expected: `as in the file: ${shape.map((size) => size ?? "?").join("x")}`,
      });
    }
    shape.forEach((size, axis) => {
      this.types.bind(size, whole[axis] ?? 0, placeholders?.[axis]);
    });
    return whole;
  }

  /** The shape that the file says; nothing, and a warning for each open dimension, where it leaves one open that is no batch. */
  private shape(name: string, { shape, placeholders }: TensorProtoType): Shape | undefined {
    if (shape === undefined && placeholders !== undefined) {
      this.scalars.add(name);
      return placeholders;
    }
    if (shape === undefined) {
      this.ledger.warn(`input ${name} has no shape in the file: --input ${name}=SHAPE`);
      return undefined;
    }
    const { batch } = this.sizes;
    const sizes = shape.map((size, axis) => {
      if (axis === 0 && batch !== undefined) this.types.bind(size, batch, placeholders?.[axis]);
      if (axis === 0 && batch !== undefined) return batch;
      const known = this.types.size(size);
      if (known !== undefined) return known;
      const symbol = symbolOf(size);
      const called = symbol === undefined ? "" : ` (${symbol})`;
      const placeholder = placeholders?.[axis];
      if (axis > 0 && placeholder !== undefined) return this.placeholder(name, axis, placeholder, shape);
      if (axis > 0) {
        const flag = symbol === undefined ? `--input ${name}=${shape.map((each) => each ?? "?").join("x")}` : `--dim ${symbol}=N`;
        this.ledger.warn(`input ${name} has an open dimension ${axis}${called}: ${flag}`);
        return undefined;
      }
      const taken = placeholder ?? 1;
      this.ledger.warn(`the batch of input ${name} is open${called}: ${taken} is taken (--batch N)`);
      this.types.bind(size, taken);
      return taken;
    });
    const known = sizes.flatMap((size) => size ?? []);
    return known.length === sizes.length ? known : undefined;
  }

  /** A size that is open is what the file stores in its place; 1 there says nothing, and everything is then at least what is counted. */
  private placeholder(name: string, axis: number, size: number, shape: Sizes): number {
    const flag = `--input ${name}=${shape.map((each) => each ?? "?").join("x")}`;
    this.ledger.warn(`input ${name} has an open dimension ${axis}: ${size} is taken, which the file has (${flag})`);
    if (size === 1) this.guessed.add(name);
    return size;
  }
}
