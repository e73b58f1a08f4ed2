/** What a decoder writes for bytes that say nothing. No JSON begins so, and none has it outside of a text. */
const UNREADABLE = "\ufffd";

/**
 * The text of a file of evidence. Bytes that are no UTF-8 are evidence that cannot be read, never another text: each line that has
 * some begins with U+FFFD, so no reader of JSON takes it for what it may have said.
 */
export function evidenceText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // such as of a text that is longer than one can be
    const lines = new TextDecoder().decode(bytes).split("\n");
    return lines.map((line) => (line.includes(UNREADABLE) ? UNREADABLE + line : line)).join("\n");
  }
}
