import { useInfiniteQuery } from "@tanstack/react-query";
import { type ApiError, read } from "../../api/client.ts";
import { useTenant } from "../../api/query.ts";
import type { LedgerEvent, StreamPage } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";
import { Problem } from "../../ui/view.tsx";
import { authorityOf } from "./timeline.ts";

const PAGE = 100;

/** What was recorded, in order: each event with its hash, and with what let its call through. */
export function Transcript({ runId }: { readonly runId: string }) {
  const tenant = useTenant();
  const query = useInfiniteQuery<StreamPage, ApiError>({
    queryKey: [tenant, "transcript", runId],
    queryFn: ({ pageParam }) => read(tenant, `/v1/runs/${runId}/events?after=${pageParam}&limit=${PAGE}`),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next,
  });
  const events = query.data?.pages.flatMap((page) => page.events) ?? [];
  const startedAt = Date.parse(events[0]?.at ?? "");
  return (
    <section>
      <h2>Transcript</h2>
      {query.error === null ? null : <Problem error={query.error} />}
      <ol className="events">
        {events.map((event) => (
          <EventRow key={event.seq} event={event} startedAt={startedAt} />
        ))}
      </ol>
      {query.hasNextPage ? (
        <button type="button" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
          read on
        </button>
      ) : null}
    </section>
  );
}

function EventRow({ event, startedAt }: { readonly event: LedgerEvent; readonly startedAt: number }) {
  const authority = authorityOf(event);
  return (
    <li>
      <details>
        <summary>
          <span className="soft number">{event.seq}</span>
          <span className="soft number">+{Date.parse(event.at) - startedAt} ms</span>
          <span className={event.severity}>{event.type}</span>
          <span>{event.step ?? ""}</span>
          <span className="soft">
            {authority === null
              ? ""
              : `${authority.tool}: ${authority.outcome}, past ${authority.passed.length} guards`}
          </span>
          <code className="soft">{event.hash.slice(0, 8)}</code>
        </summary>
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
          <dt>actor</dt>
          <dd>
            {event.actor}, epoch {event.epoch}
          </dd>
        </dl>
        <pre className="json">{JSON.stringify(event.payload, null, 2)}</pre>
      </details>
    </li>
  );
}
