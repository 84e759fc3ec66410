import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** A complaint as the source has it. */
export interface Written {
  readonly code: string;
  /** The message, where it is written out: what is put in stands as any text. */
  readonly pattern: RegExp;
  /** Whether a longer text, such as a row or a warning, has the message in it. */
  readonly within: RegExp;
  readonly text: string;
  readonly where: string;
}

/** A function that complains with a message that it is handed: which argument that is. */
interface Wrapper {
  readonly code: string;
  readonly message: number;
}

/** Every complaint that the source can make, by reading it: calls of `fail`, of what hands a message on to it, and InputErrors. */
export function writtenComplaints(): readonly Written[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ts.createSourceFile(name, readFileSync(join(SRC, name), "utf8"), ts.ScriptTarget.ES2022, true));
  const found: Written[] = [];
  for (const file of files) {
    // Wrappers are known by their names within one file, and by the two that every file uses.
    const wrappers = new Map<string, Wrapper>();
    const collect = (node: ts.Node) => {
      const made = complaint(node, wrappers);
      if (made !== undefined) {
        const { code, message } = made;
        const texts = textsOf(message);
        if (texts.length === 0) noteWrapper(node, code, message, wrappers);
        for (const text of texts) found.push({ code, text, ...patternsOf(text), where: whereOf(file, node) });
      }
      ts.forEachChild(node, collect);
    };
    collect(file);
    // Functions are called before they are written: once more, with all wrappers known.
    if (wrappers.size > 0) {
      const before = new Set(found.map(({ where }) => where));
      const again = (node: ts.Node) => {
        const made = complaint(node, wrappers);
        const where = whereOf(file, node);
        if (made !== undefined && !before.has(where))
          for (const text of textsOf(made.message)) found.push({ code: made.code, text, ...patternsOf(text), where });
        ts.forEachChild(node, again);
      };
      again(file);
    }
  }
  return found;
}

function whereOf(file: ts.SourceFile, node: ts.Node): string {
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

function complaint(node: ts.Node, wrappers: ReadonlyMap<string, Wrapper>): { readonly code: string; readonly message: ts.Expression } | undefined {
  if (ts.isNewExpression(node) && node.expression.getText() === "InputError") return ofObject(node.arguments?.[0]);
  if (!ts.isCallExpression(node)) return undefined;
  const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
  const [first, second, third] = node.arguments;
  const receiver = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression.getText() : "";
  if (name === "failAt" && second !== undefined && third !== undefined && ts.isStringLiteral(second)) return { code: second.text, message: third };
  // Expressions: this.fail(token, message, expected), and failIn(snippet, start, end, code, message).
  if (name === "fail" && receiver === "this" && /(expression|tokens)\.ts$/.test(node.getSourceFile().fileName) && second !== undefined)
    return { code: "bad-expression", message: second };
  const [, , , code, said] = node.arguments;
  if (name === "failIn" && code !== undefined && said !== undefined) return { code: codeText(code), message: said };
  const wrapper = wrappers.get(`${receiver === "" ? "" : "this."}${name}`);
  const handed = wrapper === undefined ? undefined : node.arguments[wrapper.message];
  if (wrapper !== undefined && handed !== undefined) return { code: wrapper.code, message: handed };
  if (name !== "fail" || first === undefined || second === undefined) return undefined;
  // Arguments of layers complain with the name of the argument in the place of a code.
  if (receiver === "args" || (receiver === "this" && node.getSourceFile().fileName === join("ops", "args.ts")))
    return { code: "bad-argument", message: second };
  return { code: codeText(first), message: second };
}

function codeText(expression: ts.Expression): string {
  return ts.isStringLiteral(expression) ? expression.text : "?";
}

function ofObject(object: ts.Expression | undefined): ReturnType<typeof complaint> {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  const value = (key: string) => object.properties.find((property) => property.name?.getText() === key);
  const [code, message] = [value("code"), value("message")];
  if (code === undefined || message === undefined || !ts.isPropertyAssignment(message) || !ts.isPropertyAssignment(code)) return undefined;
  // `bad-${syntax}`: of a document that is no YAML, or no JSON.
  return { code: ts.isTemplateExpression(code.initializer) ? "bad-*" : codeText(code.initializer), message: message.initializer };
}

/** Notes a function that hands on a message: `damaged(message)`. */
function noteWrapper(node: ts.Node, code: string, message: ts.Expression, wrappers: Map<string, Wrapper>): void {
  const outer = ts.findAncestor(node, ts.isFunctionLike);
  if (outer === undefined) return;
  const at = outer.parameters.findIndex((parameter) => parameter.name.getText() === message.getText());
  const named = ts.isVariableDeclaration(outer.parent) ? outer.parent.name.getText() : outer.name?.getText();
  if (at >= 0 && named !== undefined) wrappers.set(ts.isMethodDeclaration(outer) ? `this.${named}` : named, { code, message: at });
}

/** A message as the texts it can be, `*` for what is put in; none for a message that comes from elsewhere. */
function textsOf(expression: ts.Expression): readonly string[] {
  if (ts.isStringLiteral(expression) || ts.isNoSubstitutionTemplateLiteral(expression)) return [expression.text];
  if (ts.isTemplateExpression(expression))
    return [[expression.head.text, ...expression.templateSpans.map(({ literal }) => literal.text)].join("\u0000")];
  if (ts.isConditionalExpression(expression)) return [...textsOf(expression.whenTrue), ...textsOf(expression.whenFalse)];
  if (ts.isParenthesizedExpression(expression)) return textsOf(expression.expression);
  return ts.isIdentifier(expression) ? declaredTexts(expression) : [];
}

function patternsOf(text: string): Pick<Written, "pattern" | "within"> {
  const parts = text.split("\u0000").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return { pattern: new RegExp(`(^|: )${parts.join("[^]*")}$`), within: new RegExp(parts.join("[^\\n]*")) };
}

/** The texts of a message that is put together before it is used. */
function declaredTexts(name: ts.Identifier): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name.text && node.initializer !== undefined)
      found.push(...textsOf(node.initializer));
    ts.forEachChild(node, visit);
  };
  visit(name.getSourceFile());
  return found;
}
