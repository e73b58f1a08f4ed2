import type { SourceFile } from "../../tools/source/files.ts";

/** Each match of a pattern as `path:line text`, with what the rule says. Matches are sought in what `read` leaves of the file. */
export function found(
  files: readonly SourceFile[],
  { pattern, read, rule }: { readonly pattern: RegExp; readonly read: (text: string) => string; readonly rule: string },
): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const subject = read(text);
    return [...subject.matchAll(pattern)].map((match) => {
      const line = subject.slice(0, match.index).split("\n").length;
      return `${path}:${line} \`${match[0].trim()}\`: ${rule}`;
    });
  });
}
