/** One step of a JSON Pointer (RFC 6901), with its slash. */
export const pointerStep = (token: string | number): string =>
  `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** The tokens of a JSON Pointer; none for the whole document; `undefined` when the text is no pointer. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === "") return [];
  if (!text.startsWith("/") || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}
