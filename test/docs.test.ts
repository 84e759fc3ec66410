import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const pages = [
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** Links to other pages, and files and folders of the tree that a page names. */
function named(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = ""]) => relative(ROOT, join(ROOT, dirname(page), path)));
  const paths = [...text.matchAll(/`((?:src|test|bin|scripts|docs)\/[\w./-]*)`/g)].map(([, path = ""]) => path);
  return [...links, ...paths];
}

describe("pages name what is there", () => {
  it.each(pages)("%s", (page) => {
    expect(named(page).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
