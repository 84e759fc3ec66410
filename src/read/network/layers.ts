import { InputError, type Diagnostic } from "../../graph/diagnostic.js";
import { catalog } from "../notation/read.js";
import { readStatements, type Statement } from "../notation/statements.js";
import type { Scope } from "./scope.js";
import type { Template } from "./template.js";

const MAX_KEPT = 4_000;

/** Reads the texts of layers, each text once: a block that is called a hundred times with the same numbers is read once. */
export class LayerTexts {
  private readonly known = new Map<string, readonly Statement[]>();

  /** The layers of a text with its expressions filled in. Throws what the notations throw, with its place in the file. */
  read(template: Template, scope: Scope): readonly Statement[] {
    const text = template.render(scope);
    const found = this.known.get(text);
    if (found !== undefined) return found;
    const statements = this.parse(text, template, scope);
    if (this.known.size >= MAX_KEPT) this.known.clear();
    this.known.set(text, statements);
    return statements;
  }

  private parse(text: string, template: Template, scope: Scope): readonly Statement[] {
    try {
      return readStatements(text, "layer", catalog());
    } catch (error) {
      throw error instanceof InputError ? placed(error.diagnostic, text, template, scope) : error;
    }
  }
}

function placed(diagnostic: Diagnostic, text: string, template: Template, scope: Scope): InputError {
  const { place, hint } = diagnostic;
  const [start, end] = place?.kind === "text" ? [place.start, place.end] : [0, text.length];
  const filled = text === template.snippet.text ? undefined : `with its values this reads \`${text.trim()}\``;
  const words: ReadonlySet<string> = new Set(text.match(/(?<![\w.])[A-Za-z_]\w*(?![\w(=])/g));
  const bare = scope.names().find((name) => words.has(name));
  return new InputError({
    ...diagnostic,
    place: template.trace(scope, start, end),
    hint: filled ?? hint ?? (bare === undefined ? undefined : `in the text of a layer, values stand in braces: {${bare}}`),
  });
}
