import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** A complaint as the source has it. */
export interface Written {
  readonly code: string;
  /** The message as it is written in the source. A value put into it matches any text. */
  readonly pattern: RegExp;
  /** Whether a longer text, such as a row or a warning, has the message in it. */
  readonly within: RegExp;
  readonly text: string;
  readonly where: string;
}

/** A function that complains with a message that it is handed: which argument that is, and what it puts around it. */
interface Wrapper {
  readonly code: string;
  readonly message: number;
  /** `\u0000` matches any text, `\u0001` the message that is passed on. */
  readonly around: string;
}

type Wrappers = ReadonlyMap<string, Wrapper>;

const [ANY, HANDED] = ["\u0000", "\u0001"];

/** Every complaint that the source can make, by reading it: calls of `fail`, of what hands a message on to it, InputErrors, and reasons. */
export function writtenComplaints(): readonly Written[] {
  const files = sourceFiles();
  const own = new Map(files.map((file) => [file, wrappersOf(file)]));
  const exported = new Map([...own].flatMap(([file, wrappers]) => [...wrappers].filter(([name]) => exports(file, name))));
  return files.flatMap((file) => {
    const names = importedNames(file);
    const imported = [...exported].filter(([name]) => names.has(name));
    return complaintsIn(file, new Map([...imported, ...(own.get(file) ?? [])]));
  });
}

/** Schemas whose last argument says what they take. */
const SCHEMAS = /^(?:v\.(?!optional|literal)\w+|amounts|byName)$/;

/** What schemas say that a value should be: the texts that stand behind `expected`. */
export function writtenExpectations(): readonly string[] {
  const found = new Set<string>();
  for (const file of sourceFiles()) {
    walk(file, (node) => {
      // v.string("a text"), and KEYS of a batch: { check, takes: "a text" }
      const said =
        ts.isCallExpression(node) && SCHEMAS.test(node.expression.getText())
          ? node.arguments[node.arguments.length - 1]
          : ts.isPropertyAssignment(node) && node.name.getText() === "takes" && /batch/.test(file.fileName)
            ? node.initializer
            : undefined;
      if (said !== undefined && ts.isStringLiteral(said)) found.add(said.text);
    });
  }
  return [...found];
}

function sourceFiles(): readonly ts.SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ts.createSourceFile(name, readFileSync(join(SRC, name), "utf8"), ts.ScriptTarget.ES2022, true));
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => {
    walk(child, visit);
  });
}

/** Functions of a file that hand messages on, and those that hand them on to these: until there are no more. */
function wrappersOf(file: ts.SourceFile): Wrappers {
  const wrappers = new Map<string, Wrapper>();
  for (let before = -1; before < wrappers.size;) {
    before = wrappers.size;
    walk(file, (node) => {
      const made = complaint(node, wrappers);
      if (made !== undefined) noteWrapper(node, made, wrappers);
    });
  }
  return wrappers;
}

function complaintsIn(file: ts.SourceFile, wrappers: Wrappers): readonly Written[] {
  const found: Written[] = [];
  walk(file, (node) => {
    const made = complaint(node, wrappers) ?? reason(node);
    if (made === undefined || handedParameter(node, made.message) !== undefined) return;
    const texts = textsOf(made.message);
    // A message that is computed: only what stands around it is known.
    for (const each of texts.length === 0 && made.around !== HANDED ? [ANY] : texts) {
      const text = made.around.replace(HANDED, () => each);
      found.push({ code: made.code, text, ...patternsOf(text), where: whereOf(file, node) });
    }
  });
  return found;
}

/** Why there is no variant, no replacement, no verdict: `reason: "..."`, and the table of doubts. */
function reason(node: ts.Node): Complaint | undefined {
  const inCompare = node.getSourceFile().fileName.startsWith("compare");
  if (!inCompare || !ts.isPropertyAssignment(node)) return undefined;
  const isDoubt = ts.isVariableDeclaration(node.parent.parent) && node.parent.parent.name.getText() === "DOUBTS";
  if (!isDoubt && node.name.getText() !== "reason") return undefined;
  return { code: isDoubt ? "doubt" : "nothing-to-replace", message: node.initializer, around: HANDED };
}

function exports(file: ts.SourceFile, name: string): boolean {
  return new RegExp(`export function ${name.replace(/\W/g, "\\$&")}\\(`).test(file.text);
}

function importedNames(file: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  walk(file, (node) => {
    if (ts.isImportSpecifier(node)) names.add(node.name.text);
  });
  return names;
}

function whereOf(file: ts.SourceFile, node: ts.Node): string {
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

interface Complaint {
  readonly code: string;
  readonly message: ts.Expression;
  /** What a wrapper puts around it. */
  readonly around: string;
}

function complaint(node: ts.Node, wrappers: Wrappers): Complaint | undefined {
  const found = calledComplaint(node, wrappers);
  return found && { around: HANDED, ...found };
}

function calledComplaint(node: ts.Node, wrappers: Wrappers): (Omit<Complaint, "around"> & { readonly around?: string }) | undefined {
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
  if (wrapper !== undefined && handed !== undefined) return { code: wrapper.code, message: handed, around: wrapper.around };
  if (name !== "fail" || first === undefined || second === undefined) return undefined;
  // Arguments of layers complain with the name of the argument in the place of a code.
  if (receiver === "args" || (receiver === "this" && node.getSourceFile().fileName === join("ops", "args.ts")))
    return { code: "bad-argument", message: second };
  return { code: codeText(first), message: second };
}

function codeText(expression: ts.Expression): string {
  return ts.isStringLiteral(expression) ? expression.text : "*";
}

function ofObject(object: ts.Expression | undefined): ReturnType<typeof calledComplaint> {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  const value = (key: string) => {
    const property = object.properties.find((each) => each.name?.getText() === key);
    if (property !== undefined && ts.isShorthandPropertyAssignment(property)) return property.name;
    return property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : undefined;
  };
  const [code, message] = [value("code"), value("message")];
  if (code === undefined || message === undefined) return undefined;
  // `bad-${syntax}`: of a document that is no YAML, or no JSON.
  return { code: ts.isTemplateExpression(code) ? "bad-*" : codeText(code), message };
}

/** Names of parameters that are a message, or the end of one. */
const MESSAGES = ["message", "what", "why", "reason"];

/** The parameter of the function around it that a message is, or ends in. */
function handedParameter(node: ts.Node, message: ts.Expression) {
  const outer = ts.findAncestor(node, ts.isFunctionLike);
  if (outer === undefined) return undefined;
  const end = ts.isTemplateExpression(message) ? message.templateSpans.at(-1) : undefined;
  const part = (end === undefined ? message : end.literal.text === "" ? end.expression : undefined)?.getText();
  const at = outer.parameters.findIndex(({ name }) => name.getText() === part && (end === undefined || MESSAGES.includes(part)));
  return at < 0 || part === undefined ? undefined : { outer, at, name: part };
}

/** Notes a function that hands on a message: `damaged(message)`. */
function noteWrapper(node: ts.Node, { code, message, around }: Complaint, wrappers: Map<string, Wrapper>): void {
  const handed = handedParameter(node, message);
  if (handed === undefined) return;
  const { outer, at, name } = handed;
  const named = wrapperName(outer);
  const inner = ts.isTemplateExpression(message) ? templateText(message, name) : HANDED;
  // `fail` itself is known.
  if (named !== undefined && named !== "fail" && !wrappers.has(named))
    wrappers.set(named, { code, message: at, around: around.replace(HANDED, () => inner) });
}

/** A function by its name; one that is handed to another function of the file by the name that it has there. */
function wrapperName(outer: ts.SignatureDeclaration): string | undefined {
  if (ts.isMethodDeclaration(outer)) return `this.${outer.name.getText()}`;
  if (ts.isVariableDeclaration(outer.parent)) return outer.parent.name.getText();
  if (!ts.isCallExpression(outer.parent)) return outer.name?.getText();
  const { arguments: given, expression } = outer.parent;
  const at = given.findIndex((argument) => argument === outer);
  let name: string | undefined;
  walk(outer.getSourceFile(), (node) => {
    if (ts.isFunctionDeclaration(node) && node.name?.text === expression.getText()) name = node.parameters[at]?.name.getText();
  });
  return name;
}

/** A message as the texts it can be, `*` for what is put in; none for a message that comes from elsewhere. */
function textsOf(expression: ts.Expression): readonly string[] {
  if (ts.isStringLiteral(expression) || ts.isNoSubstitutionTemplateLiteral(expression)) return [expression.text];
  if (ts.isTemplateExpression(expression)) return [templateText(expression)];
  if (ts.isConditionalExpression(expression)) return [...textsOf(expression.whenTrue), ...textsOf(expression.whenFalse)];
  if (ts.isParenthesizedExpression(expression)) return textsOf(expression.expression);
  return ts.isIdentifier(expression) ? declaredTexts(expression) : [];
}

/** A template as a text, with `HANDED` for one name and `ANY` for whatever else is put in. */
function templateText({ head, templateSpans }: ts.TemplateExpression, handed?: string): string {
  return head.text + templateSpans.map(({ expression, literal }) => (expression.getText() === handed ? HANDED : ANY) + literal.text).join("");
}

function patternsOf(text: string): Pick<Written, "pattern" | "within"> {
  const parts = text.split(ANY).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
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
