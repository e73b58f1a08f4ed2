import { assert } from "../contracts/index.ts";
import type { SealedEvent } from "../ledger/index.ts";
import { type Commit, extrasText } from "./commit.ts";

/**
 * Commits as the lines that `commit_flush` reads: fields divided by U+001F, lines by U+001E, an empty field for null.
 *
 * F1  No field holds a divider or is an empty text, so what is read is what was written. JSON text is not searched for them: it escapes
 *     both.
 * F2  What the database knows of the run (its day, correlation, channel) is not sent again.
 *
 * Measured with 54 commits in a flush, per commit: 5 microseconds here and 10 in PostgreSQL; as one array for each column 20
 * and 17, as one JSON document 7 and 20.
 */

const BETWEEN_FIELDS = "\u001f";
const BETWEEN_LINES = "\u001e";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the two dividers
const DIVIDER = /[\u001e\u001f]/;

/** The lines of a flush, one for each commit. */
export const commitLines = (commits: readonly Commit[]): string => commits.map(commitLine).join(BETWEEN_LINES);

/** Events that come before the last one of their commit. */
export const moreLines = (commits: readonly Commit[]): string => {
  const lines: string[] = [];
  for (const { events } of commits) {
    for (let index = 0; index < events.length - 1; index++) {
      const event = events[index];
      if (event !== undefined) lines.push(event.entry.stream + BETWEEN_FIELDS + eventFields(event));
    }
  }
  return lines.join(BETWEEN_LINES);
};

/** How many lines `moreLines` has for a commit. */
export const moreCount = ({ events }: Commit): number => Math.max(0, events.length - 1);

/** An event's twelve fields, all empty: a commit that writes no event. */
const NO_EVENT = BETWEEN_FIELDS.repeat(11);

function commitLine(commit: Commit): string {
  const last = commit.events.at(-1);
  return (
    `${field(commit.runId)}${BETWEEN_FIELDS}${commit.epoch}${BETWEEN_FIELDS}${commit.version}${BETWEEN_FIELDS}` +
    `${field(commit.status)}${BETWEEN_FIELDS}${commit.costMicros}${BETWEEN_FIELDS}` +
    `${last === undefined ? NO_EVENT : eventFields(last)}${BETWEEN_FIELDS}${field(restText(commit))}`
  );
}

function eventFields({ entry, hash, payload_text }: SealedEvent): string {
  assert(entry.causation === null && entry.dedup_key === null, "only the first event of a run names its cause");
  return (
    `${entry.seq}${BETWEEN_FIELDS}${field(entry.event_id)}${BETWEEN_FIELDS}${field(entry.type)}${BETWEEN_FIELDS}` +
    `${entry.at}${BETWEEN_FIELDS}${entry.recorded_at}${BETWEEN_FIELDS}${field(entry.actor)}${BETWEEN_FIELDS}` +
    `${field(entry.step)}${BETWEEN_FIELDS}${entry.severity}${BETWEEN_FIELDS}${entry.payload_sha256}${BETWEEN_FIELDS}` +
    `${entry.prev_hash}${BETWEEN_FIELDS}${hash}${BETWEEN_FIELDS}${payload_text}`
  );
}

function field(text: string | null): string {
  if (text === null) return "";
  assert(text !== "" && !DIVIDER.test(text), "a field of a flush is a text without dividers"); // F1
  return text;
}

/** What few commits have, as JSON; null where there is none of it. */
function restText(commit: Commit): string | null {
  const { outcome, code, snapshot, documentSha256, release, dueInMs, folded, extras } = commit;
  const carried = extrasText(extras);
  if (outcome === null && code === null && snapshot === null && documentSha256 === null && !release) {
    return carried === null ? null : `{"extras":${carried}}`;
  }
  const rest = {
    ...(outcome === null ? {} : { outcome }),
    ...(code === null ? {} : { code }),
    ...(snapshot === null ? {} : { snapshot }),
    ...(documentSha256 === null ? {} : { document_sha256: documentSha256 }),
    ...(release ? { folded, due_in_ms: dueInMs } : {}),
  };
  const text = JSON.stringify(rest);
  return carried === null ? text : `${text.slice(0, -1)},"extras":${carried}}`;
}
