/**
 * Settings on lines of their own, figures below each other; or all of it as JSON.
 *
 * @param figures each value stands under the heading of its name; lists are the single pairs
 */
export function print(
  {
    settings,
    figures,
  }: { readonly settings: Readonly<Record<string, string | number>>; readonly figures: readonly object[] },
  asJson: boolean,
): void {
  if (asJson) {
    console.log(JSON.stringify({ settings, figures }, null, 2));
    return;
  }
  for (const [name, value] of Object.entries(settings)) console.log(`${name}: ${value}`);
  console.log();
  for (const line of tableOf(figures.map((figure) => Object.entries(figure)))) console.log(line);
}

function tableOf(rows: readonly (readonly [string, unknown][])[]): readonly string[] {
  const names = (rows[0] ?? []).map(([name]) => name);
  const cells = [names, ...rows.map((row) => row.map(([name, value]) => shown(name, value)))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells.map((line) => line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("   "));
}

function shown(name: string, value: unknown): string {
  if (value === null) return "-";
  if (Array.isArray(value)) return value.map((one) => shown("ratio", one)).join(" ");
  return typeof value === "number" && name.startsWith("ratio") ? value.toFixed(2) : String(value);
}
