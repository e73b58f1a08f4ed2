import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { filesUnder, type SourceFile } from "./source/files.ts";

const LINK = /\]\(([^)\s]+)\)/g;
const FENCED = /^```[\s\S]*?^```/gm;

/** The anchor that renderers give a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

const anchorsOf = ({ text }: SourceFile): readonly string[] =>
  [...text.replace(FENCED, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

/** Relative links of Markdown pages to a file or a heading that is not there. */
function deadLinks(pages: readonly SourceFile[], exists: (path: string) => boolean): readonly string[] {
  return pages.flatMap((page) =>
    [...page.text.replace(FENCED, "").matchAll(LINK)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^\w+:/.test(link))
      .filter((link) => {
        const [file = "", anchor] = link.split("#");
        const path = file === "" ? page.path : join(dirname(page.path), file);
        if (!exists(path)) return true;
        const target = pages.find((candidate) => candidate.path === path);
        return anchor !== undefined && target !== undefined && !anchorsOf(target).includes(anchor);
      })
      .map((link) => `${page.path} links to ${link}`),
  );
}

test("a link to a missing file or heading is found", () => {
  const text =
    "# A page\n[a](b.md) [b](#a-page) [c](#none) [d](https://example.com/x) [e](docs/c.md)\n```\n[f](g.md)\n```";

  expect(deadLinks([{ path: "README.md", text }], (path) => path !== "b.md")).toEqual([
    "README.md links to b.md",
    "README.md links to #none",
  ]);
});

test("every link of the README and the docs leads somewhere", () => {
  const roots = filesUnder(".", ".md").filter(({ path }) => !path.includes("/"));

  expect(deadLinks([...roots, ...filesUnder("docs", ".md"), ...filesUnder("examples", ".md")], existsSync)).toEqual([]);
});
