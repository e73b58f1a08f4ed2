/** A part of the runbook: it has headings, paragraphs with code in them, tables, and blocks of code. */
export type Part =
  | { readonly kind: "title" | "code" | "paragraph"; readonly text: string }
  | { readonly kind: "section"; readonly text: string; readonly anchor: string }
  | { readonly kind: "table"; readonly text: string; readonly rows: readonly (readonly string[])[] };

/** The parts of a text in Markdown, as far as the runbook uses it. */
export const partsOf = (markdown: string): readonly Part[] =>
  markdown
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== "")
    .map(partOf);

function partOf(block: string): Part {
  if (block.startsWith("# ")) return { kind: "title", text: block.slice(2) };
  if (block.startsWith("## ")) {
    const text = block.slice(3);
    return { kind: "section", text, anchor: text.toLowerCase().replaceAll(" ", "-") };
  }
  if (block.startsWith("| ")) return { kind: "table", text: block, rows: rowsOf(block) };
  const fenced = /^```\w*\n([\s\S]*?)\n?```$/.exec(block)?.[1];
  return fenced === undefined
    ? { kind: "paragraph", text: block.replaceAll("\n", " ") }
    : { kind: "code", text: fenced };
}

/** The heads first; the line beneath them says nothing. */
const rowsOf = (block: string): readonly (readonly string[])[] =>
  block
    .split("\n")
    .filter((line) => !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf("|"))
        .split("|")
        .map((cell) => cell.trim()),
    );
