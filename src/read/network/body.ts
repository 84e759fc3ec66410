import { fail, type Place } from "../../graph/diagnostic.js";
import { CALLS, type CalledAs } from "../../graph/layer.js";
import type { Entry, Item, MapItem } from "./document.js";
import { parseArguments } from "./expression.js";
import { asExpression, asName, asTemplate, asText, fieldsOf } from "./fields.js";
import { JOINS, type Action, type Body, type Instruction, type Join, type Rounds } from "./program.js";
import { part, type Snippet } from "./snippet.js";
import { parseTemplate } from "./template.js";

const ACTIONS = ["layer", "layers", "residual", ...JOINS, "from", "training_only"] as const;
const MODIFIERS = ["name", "tap", "called_as", "if", "else", "repeat", "as", "for", "in"] as const;
const EXTRAS: Readonly<Record<string, readonly string[]>> = {
  residual: ["shortcut", "when"],
  add: ["split", "axis"],
  multiply: ["split", "axis"],
  concat: ["split", "axis"],
};
const KEYS = [...ACTIONS, ...MODIFIERS, "shortcut", "when", "split", "axis"];
const CALL = /^([A-Za-z_]\w*)\s*\(/;
/** Entries of one file, aliases followed: a file of aliases of aliases must not run away. */
const MAX_ENTRIES = 100_000;

/** Reads lists of layers and structures, knowing which names are blocks. */
export class BodyReader {
  private entries = 0;

  constructor(private readonly blocks: ReadonlySet<string>) {}

  /** A list of entries, a single one, or nothing. Throws `bad-value`, `unknown-key`, `bad-expression`. */
  body(item: Item): Body {
    if (item.kind === "list") return item.items.flatMap((each) => this.entry(each));
    if (item.kind === "scalar" && item.value === null) return [];
    return this.entry(item);
  }

  private entry(item: Item): Body {
    this.entries += 1;
    if (this.entries > MAX_ENTRIES) fail("too-many-layers", `this file has more than ${MAX_ENTRIES} entries`, { place: item.place });
    if (item.kind === "list") return this.body(item);
    if (item.kind === "map") return [this.structure(item)];
    return this.text(asText(item, "a layer").snippet);
  }

  /** `conv 3x3 {c}; bn; block(c, stride=2)`: layers and calls of blocks, separated by `;` or line ends. */
  private text(snippet: Snippet): Body {
    const pieces = divide(snippet);
    const instructions: Instruction[] = [];
    let open: { start: number; end: number } | undefined;
    const close = () => {
      if (open === undefined) return;
      const { start, end } = open;
      instructions.push(plain({ kind: "layers", template: parseTemplate(part(snippet, start, end)) }, snippet.place(start, end)));
      open = undefined;
    };
    for (const { start, end } of pieces) {
      const text = snippet.text.slice(start, end);
      const name = CALL.exec(text)?.[1];
      if (name === undefined || !this.blocks.has(name)) {
        open = { start: open?.start ?? start, end };
        continue;
      }
      close();
      const bracket = start + text.indexOf("(");
      const call = { kind: "call", block: name, args: parseArguments(part(snippet, bracket, end)), snippet: part(snippet, start, end) } as const;
      instructions.push(plain(call, snippet.place(start, end)));
    }
    close();
    return instructions;
  }

  private structure(map: MapItem): Instruction {
    const fields = fieldsOf(map, KEYS, "an entry");
    const action = this.action(map, fields);
    const optional = <T>(key: string, read: (entry: Entry) => T): T | undefined => {
      const entry = fields.get(key);
      return entry === undefined ? undefined : read(entry);
    };
    const condition = optional("if", ({ value }) => asExpression(value));
    const otherwise = optional("else", ({ value }) => this.body(value));
    if (otherwise !== undefined && condition === undefined) fail("bad-value", "`else` needs an `if` beside it", { place: map.place });
    return {
      action,
      place: map.place,
      name: optional("name", ({ value }) => asTemplate(value, "a name")),
      tap: optional("tap", ({ value }) => asTemplate(value, "the name of a tap")),
      calledAs: optional("called_as", calledAsOf),
      condition,
      otherwise: otherwise ?? [],
      rounds: roundsOf(fields, map.place),
    };
  }

  private action(map: MapItem, fields: ReadonlyMap<string, Entry>): Action {
    const [key, other] = ACTIONS.filter((name) => fields.has(name));
    const entry = key === undefined ? undefined : fields.get(key);
    if (other !== undefined) fail("bad-value", `\`${key}\` and \`${other}\` are two entries`, { place: map.place, expected: "one of them each" });
    if (key === undefined || entry === undefined) {
      if (fields.has("tap")) return { kind: "sequence", body: [] };
      return fail("bad-value", "this entry does nothing", { place: map.place, expected: ACTIONS.join(", ") });
    }
    for (const extra of ["shortcut", "when", "split", "axis"]) {
      const found = fields.get(extra);
      if (found !== undefined && !(EXTRAS[key] ?? []).includes(extra))
        fail("unknown-key", `\`${key}\` has no \`${extra}\``, { place: found.keySnippet.place(0, extra.length) });
    }
    const { value } = entry;
    const [shortcut, when, split, axis] = [fields.get("shortcut"), fields.get("when"), fields.get("split"), fields.get("axis")];
    switch (key) {
      case "layer":
      case "layers":
        return { kind: "sequence", body: this.body(value) };
      case "residual":
        return {
          kind: "residual",
          body: this.body(value),
          shortcut: shortcut === undefined ? [] : this.body(shortcut.value),
          when: when && asExpression(when.value),
        };
      case "from":
        return { kind: "from", tap: asTemplate(value, "the name of a tap") };
      case "training_only":
        return { kind: "training", body: this.body(value) };
      default:
        return this.join(key, value, split, axis);
    }
  }

  private join(join: Join, value: Item, split: Entry | undefined, axis: Entry | undefined): Action {
    if (value.kind !== "list" || value.items.length < 2) {
      return fail("bad-value", `\`${join}\` joins branches, and there is ${value.kind === "list" ? "one or none" : "no list of them"}`, {
        place: value.place,
        expected: "a list of two branches or more; [] is the input itself",
      });
    }
    const branches = value.items.map((branch) => this.body(branch));
    return { kind: "join", join, branches, split: split && asExpression(split.value), axis: axis && asExpression(axis.value) };
  }
}

function plain(action: Action, place: Place): Instruction {
  return { action, place, otherwise: [] };
}

function roundsOf(fields: ReadonlyMap<string, Entry>, place: Place): Rounds | undefined {
  const [repeat, as, each, list] = [fields.get("repeat"), fields.get("as"), fields.get("for"), fields.get("in")];
  if ((each === undefined) !== (list === undefined)) fail("bad-value", "`for` and `in` go together", { place, expected: "for: name, in: list" });
  if (as !== undefined && repeat === undefined) fail("bad-value", "`as` names the round of a `repeat`, and there is none", { place });
  if (repeat !== undefined && each !== undefined) fail("bad-value", "an entry has `repeat` or `for`, not both", { place });
  if (repeat !== undefined) return { kind: "repeat", times: asExpression(repeat.value), as: as && nameIn(as.value) };
  if (each === undefined || list === undefined) return undefined;
  const names = each.value.kind === "list" ? each.value.items.map(nameIn) : asText(each.value, "`for`").value.split(",");
  return { kind: "for", names: names.map((name) => asName(name.trim(), each.value.place)), list: asExpression(list.value) };
}

function calledAsOf({ value }: Entry): CalledAs {
  const { value: text } = asText(value, "`called_as`");
  return (
    CALLS.find((known) => known === text) ??
    fail("bad-value", `layers cannot be called as '${text}'`, { place: value.place, expected: CALLS.join(", ") })
  );
}

function nameIn(item: Item): string {
  return asName(asText(item, "a name").value.trim(), item.place);
}

/** The pieces of a text between `;` and line ends that stand outside brackets, quotes and comments. */
function divide({ text }: Snippet): readonly { readonly start: number; readonly end: number }[] {
  const pieces: { start: number; end: number }[] = [];
  let depth = 0;
  let start = 0;
  const push = (end: number) => {
    const piece = text.slice(start, end);
    const from = start + piece.length - piece.trimStart().length;
    if (piece.trim() !== "") pieces.push({ start: from, end: from + piece.trim().length });
    start = end + 1;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth -= 1;
    else if (depth <= 0 && (character === ";" || character === "\n")) push(at);
  }
  push(text.length);
  return pieces;
}
