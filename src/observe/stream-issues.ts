import { type Instant, utcText } from "../contracts/index.ts";
import { type ContinuityEvent, type ContinuitySeverity, inOrder, occurredAt, sortedBy } from "./continuity-event.ts";
import type { ReadEvents } from "./diagnosis-input.ts";

/** An issue before it is known whose run it is. */
export interface Found {
  readonly code: string;
  readonly severity?: ContinuitySeverity;
  readonly message: string;
  readonly step?: string | null;
  readonly event?: string | null;
  readonly at: string;
}

/** Events whose place in the stream is known. */
type Placed = ContinuityEvent & { readonly seq: number };

const isPlaced = (event: ContinuityEvent): event is Placed => event.seq !== null;

/** What is wrong with the record itself: lines that cannot be read, holes, repetitions, clocks and epochs that go back. */
export function streamIssues({ events, unparsable }: ReadEvents, generatedAt: Instant): readonly Found[] {
  const placed = sortedBy(events.filter(isPlaced), ({ seq }) => [seq]);
  return [
    ...Array.from({ length: unparsable }, () => ({
      code: "UNPARSABLE_EVENT",
      message: "a line of the log cannot be read",
      at: utcText(generatedAt),
    })),
    ...repetitions(events, generatedAt),
    ...placed.flatMap((event, index) => neighbourIssues(placed[index - 1], event, generatedAt)),
    ...staleWrites(placed, generatedAt),
  ];
}

const placeOf = (event: ContinuityEvent, generatedAt: Instant) => ({
  step: event.step_id,
  event: event.event_id,
  at: utcText(occurredAt(event, generatedAt)),
});

function repetitions(events: readonly ContinuityEvent[], generatedAt: Instant): readonly Found[] {
  const byId = new Map<string, ContinuityEvent[]>();
  for (const event of events) {
    if (event.event_id !== null) byId.set(event.event_id, [...(byId.get(event.event_id) ?? []), event]);
  }
  return [...byId].flatMap(([id, same]) => {
    const [first, second] = inOrder(same, generatedAt);
    if (first === undefined || second === undefined) return [];
    const message = `${same.length} events are called \`${id}\``;
    return [{ code: "DUPLICATE_EVENT_ID", message, event: id, at: utcText(occurredAt(first, generatedAt)) }];
  });
}

function neighbourIssues(before: Placed | undefined, event: Placed, generatedAt: Instant): readonly Found[] {
  const found: Found[] = [];
  if (before !== undefined && event.seq > before.seq + 1) {
    const message = `events ${before.seq + 1} to ${event.seq - 1} of the stream are missing`;
    found.push({ code: "EVENT_SEQ_GAP", message, ...placeOf(event, generatedAt) });
  }
  const wentBack = before !== undefined && before.at !== null && event.at !== null && event.at < before.at;
  if (wentBack || event.payload.clock_regression === true) {
    const message = "the event's time lies before that of the event ahead of it";
    found.push({ code: "CLOCK_REGRESSION", severity: "WARN", message, ...placeOf(event, generatedAt) });
  }
  return found;
}

/** An epoch that falls: somebody wrote who had been taken over. */
function staleWrites(placed: readonly Placed[], generatedAt: Instant): readonly Found[] {
  const found: Found[] = [];
  let highest = 0;
  for (const event of placed) {
    if (event.epoch === null) continue;
    if (event.epoch < highest) {
      const message = `an event of epoch ${event.epoch} follows one of epoch ${highest}`;
      found.push({ code: "STALE_WRITE_ACCEPTED", message, ...placeOf(event, generatedAt) });
    }
    highest = Math.max(highest, event.epoch);
  }
  return found;
}
