/** Columns two blanks apart, each as wide as its widest cell, the last one ragged. No rows: no lines. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : columns([head.map((cell) => cell.toUpperCase()), ...rows]);
}

/** The same without a head. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, width(cell))),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - width(cell))))
      .join("  ")
      .trimEnd(),
  );
}

// Colour takes no room.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals begin with one
const ESCAPES = /\u001b\[\d+m/g;

const width = (cell: string): number => [...cell.replaceAll(ESCAPES, "")].length;
