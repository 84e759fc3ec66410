import { expect } from "vitest";
import { file, type Setting } from "./cli/run.js";
import { known, input, model, node, output, weight } from "./read/onnx-model.js";

// Names that do something where they are printed, from whoever made the model: each of them in every place that is shown, in every format.

export const NAMES: Readonly<Record<string, string>> = {
  "escape sequences": "\u001b[31mred\u001b]0;title\u0007\u009b2J",
  "a carriage return": "good\rbad",
  "new lines": "a\nb\r\nc\u2028d\u0085e",
  "a command of GitHub": "::error file=a::b",
  "a command behind a new line": "x\n::set-output name=a::b",
  "an indented command of GitHub": "  ::error file=a::b",
  "an old command of GitHub": "x ##[error]y",
  "a command of Azure": "##vso[task.setvariable]x ##[error]y",
  "a message of TeamCity": "##teamcity[buildStatus text='ok']",
  "an address of a commit": "a5c3785ed8d6a35868bc169f07e40e889087fd2e GHSA-aaaa-bbbb-cccc CVE-2024-1234",
  pipes: "a|b | c",
  HTML: '<img src=x onerror="alert(1)"> &lt;',
  Markdown: "**bold** [a](http://b) `code` ~~c~~ ```",
  "a mention": "@octocat and @org/team",
  "an issue": "#1 GH-2 org/repo#3",
  "an address": "https://example.com/x www.example.com a@example.com",
  "an emoji": ":smile: a:+1:b",
  "a formula of Markdown": "$math$ and $$more$$",
  "a heading": "# big",
  "a list": "1. one",
  fillers: "a\u034fb\u115fc\u3164d\uffa0e\u2800f\ufe0f",
  tags: "a\u{e0041}\u{e0100}b",
  "a formula behind a blank": " =1+1",
  "a formula behind a wide blank": "\u3000=1+1",
  "a formula of full width": "\uff1d1+1",
  "a formula of full width @": " \uff20SUM(A1)",
  "a formula": '=HYPERLINK("http://a","b")',
  "a formula of +": "+1+1",
  "a formula of -": "-1+1",
  "a formula of @": "@SUM(A1)",
  "a formula behind a tab": "\t=1+1",
  quotes: "a\"b,c'd",
  "another direction": "a\u202eb\u2066c\u200fd",
  "nothing to see": "a\u200bb\ufeffc\u2060d\u00ade",
  "the prototype": "__proto__",
  "half a character": "a\ud800b",
};

/** A network whose names and texts are all the same. */
export const network = (name: string) =>
  file(
    JSON.stringify({
      name,
      description: name,
      parameters: { alpha: 1, text: name },
      inputs: { x: [1, 3, 8, 8] },
      layers: [
        { name, layers: "dw 3x3; pw 8" },
        { tap: "t", layers: "relu" },
      ],
      outputs: ["t"],
    }),
  );

/** A model of ONNX: its nodes, tensors, operators, domains and sizes. */
export const onnx = (name: string) =>
  model([
    input(name, [name, 3, 8, 8]),
    weight("w", [4, 3, 3, 3]),
    node("Conv", [name, "w"], ["c"], { name }),
    node(name, ["c"], [`${name}1`], { name: `${name}/b`, domain: name }),
    known(`${name}1`, [1, 4, name]),
    output(`${name}1`),
  ]);

export const setting = (name: string): Setting => ({
  files: { "net.json": network(name), "model.onnx": { type: "file", bytes: onnx(name) }, [`./${name}.json`]: network(name) },
});

const UNSEEN =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\u{e0000}-\u{e0fff}]/u;

/** What a terminal or the log of a CI would do something with. */
export function expectQuiet(text: string): void {
  expect(text).not.toMatch(UNSEEN);
  expect(text).not.toMatch(/^[^\S\n]*::/m);
  expect(text).not.toMatch(/##(vso|teamcity)?\[/);
}
