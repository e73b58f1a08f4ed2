import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { type ApiError, read } from "../../api/client.ts";
import { hearNews } from "../../api/live.ts";
import { useTenant } from "../../api/query.ts";
import type { LedgerEvent, StreamPage } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";
import { Problem } from "../../ui/view.tsx";
import { IdLink } from "./id-link.tsx";
import { namedIn } from "./ids.ts";
import { transcriptKey, transcriptPath } from "./reads.ts";
import { authorityOf } from "./timeline.ts";

const ROW_PX = 32;

/** A run's events, page by page. What is recorded never changes, so news only adds what comes after. */
export function useTranscript(runId: string) {
  const tenant = useTenant();
  const { data, error, isPending, isFetching, fetchNextPage } = useInfiniteQuery<StreamPage, ApiError>({
    queryKey: transcriptKey(tenant, runId),
    queryFn: ({ pageParam }) => read(tenant, transcriptPath(runId, pageParam)),
    initialPageParam: 0,
    // Behind the last page stands what is recorded since.
    getNextPageParam: ({ events, next }, _, after) => next ?? events.at(-1)?.seq ?? after,
  });
  const events = useMemo(() => data?.pages.flatMap((page) => page.events) ?? [], [data]);
  const isWhole = data?.pages.at(-1)?.next === null;
  const [isMore, setMore] = useState(false);
  useEffect(
    () =>
      hearNews((grown) => {
        if (grown === null || grown.includes(runId)) setMore(true);
      }),
    [runId],
  );
  useEffect(() => {
    if (!isMore || !isWhole || isFetching) return; // a page on its way may have been read before what was told of
    setMore(false);
    void fetchNextPage();
  }, [isMore, isWhole, isFetching, fetchNextPage]);
  const hasMore = data !== undefined && !isWhole && !isFetching;
  return { events, error, isPending, hasMore, more: () => void fetchNextPage() };
}

interface TranscriptProps {
  readonly transcript: ReturnType<typeof useTranscript>;
  readonly total: number;
}

/** What was recorded, in order: each event with its hash, and with what let its call through. Only what is in sight is drawn. */
export function Transcript({ transcript, total }: TranscriptProps) {
  const { events, error, isPending, hasMore, more } = transcript;
  return (
    <section>
      <h2>
        Transcript <span className="soft count-of">{total.toLocaleString("en")} events</span>
      </h2>
      {error === null ? null : <Problem error={error} />}
      {isPending ? <p className="soft loading">reading …</p> : null}
      {events.length === 0 ? null : <EventList events={events} hasMore={hasMore} more={more} />}
    </section>
  );
}

interface EventListProps {
  readonly events: readonly LedgerEvent[];
  readonly hasMore: boolean;
  readonly more: () => void;
}

function EventList({ events, hasMore, more }: EventListProps) {
  const box = useRef<HTMLElement>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= events.length - 1) more();
  }, [hasMore, last, events.length, more]);
  const startedAt = Date.parse(events[0]?.at ?? "");
  const turn = (seq: number): void =>
    setOpen((held) => new Set(held.has(seq) ? [...held].filter((one) => one !== seq) : [...held, seq]));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className="transcript" ref={box} tabIndex={0} aria-label="events of the run">
      <ol className="events" style={{ height: rows.getTotalSize() }}>
        {shown.map(({ index, start, key }) => {
          const event = events[index];
          return event === undefined ? null : (
            <li key={key} data-index={index} ref={rows.measureElement} style={{ transform: `translateY(${start}px)` }}>
              <EventRow
                event={event}
                startedAt={startedAt}
                isOpen={open.has(event.seq)}
                onTurn={() => turn(event.seq)}
              />
            </li>
          );
        })}
      </ol>
    </section>
  );
}

interface EventRowProps {
  readonly event: LedgerEvent;
  readonly startedAt: number;
  readonly isOpen: boolean;
  readonly onTurn: () => void;
}

function EventRow({ event, startedAt, isOpen, onTurn }: EventRowProps) {
  const authority = authorityOf(event);
  return (
    <>
      <button type="button" className="event" aria-expanded={isOpen} onClick={onTurn}>
        <span className="soft number">{event.seq}</span>
        <span className="soft number">+{(Date.parse(event.at) - startedAt).toLocaleString("en")} ms</span>
        <span className={event.severity}>{event.type}</span>
        <span>{event.step ?? ""}</span>
        <span className="soft">
          {authority === null ? "" : `${authority.tool}: ${authority.outcome}, past ${authority.passed.length} guards`}
        </span>
        <code className="soft">{event.hash.slice(0, 8)}</code>
      </button>
      {isOpen ? <EventFacts event={event} /> : null}
    </>
  );
}

function EventFacts({ event }: { readonly event: LedgerEvent }) {
  const authority = authorityOf(event);
  return (
    <div className="event-facts">
      {authority === null ? null : (
        <dl className="facts">
          <dt>let through by</dt>
          <dd>{authority.passed.join(" › ")}</dd>
          {authority.rules.map(([guard, rule]) => (
            <div key={guard} className="pair">
              <dt>{guard}</dt>
              <dd>{rule}</dd>
            </div>
          ))}
        </dl>
      )}
      <dl className="facts">
        <dt>hash</dt>
        <dd>
          <Digest text={event.hash} shown={64} />
        </dd>
        <dt>after</dt>
        <dd>
          <Digest text={event.prev_hash} shown={64} />
        </dd>
        <dt>payload</dt>
        <dd>
          <Digest text={event.payload_sha256} shown={64} />
        </dd>
        <dt>actor</dt>
        <dd>
          {event.actor}, epoch {event.epoch}
        </dd>
      </dl>
      <p className="rows">
        {namedIn(event.payload).map((named) => (
          <IdLink key={`${named.kind} ${named.id}`} named={named} runId={event.stream} />
        ))}
      </p>
      <pre className="json">{JSON.stringify(event.payload, null, 2)}</pre>
    </div>
  );
}
