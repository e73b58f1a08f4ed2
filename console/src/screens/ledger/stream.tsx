import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useRead, useTenant } from "../../api/query.ts";
import type { LedgerEvent, StreamPage } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { Verify } from "./verify.tsx";
import "./ledger.css";

const PAGE = 100;
/** Entries shown before the one that was asked for. */
const CONTEXT = 3;

/** One stream: each event, and the hash by which it holds on to the one before. The event that is looked at is in the URL. */
export function StreamScreen() {
  const { tenant, stream } = useParams({ from: "/t/$tenant/ledger/$stream" });
  const { seq, after = Math.max(0, (seq ?? 0) - CONTEXT - 1) } = useSearch({ from: "/t/$tenant/ledger/$stream" });
  const navigate = useNavigate({ from: "/t/$tenant/ledger/$stream" });
  const path = `/v1/ledger/streams/${encodeURIComponent(stream)}?after=${after}&limit=${PAGE}`;
  const query = useRead<StreamPage>(path);
  return (
    <section>
      <p className="crumb">
        <Link to="/t/$tenant/ledger" params={{ tenant }} search={{ tab: "streams" }}>
          Ledger
        </Link>
      </p>
      <div className="heading">
        <h1 className="stream-name">
          <code>{stream}</code>
        </h1>
        <Verify stream={stream} says="verify this stream" />
      </div>
      <View
        query={query}
        empty={{
          when: ({ events }) => events.length === 0,
          says: "There is nothing after this place.",
          command: `countermark ledger show ${stream}`,
        }}
      >
        {({ events, next }) => (
          <>
            <ol className="chain">
              {events.map((event, at) => (
                <Entry key={event.seq} event={event} before={events[at - 1]} isAsked={event.seq === seq} />
              ))}
            </ol>
            <Pager
              isFirst={after === 0}
              next={next === null ? null : String(next)}
              onTurn={(place) => void navigate({ search: { after: place === undefined ? 0 : Number(place) } })}
            />
          </>
        )}
      </View>
    </section>
  );
}

interface EntryProps {
  readonly event: LedgerEvent;
  /** The entry before it, where it is on the page. */
  readonly before: LedgerEvent | undefined;
  readonly isAsked: boolean;
}

function Entry({ event, before, isAsked }: EntryProps) {
  const tenant = useTenant();
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isAsked) item.current?.scrollIntoView({ block: "center" });
  }, [isAsked]);
  const { stream, correlation } = event;
  return (
    <li ref={item} className={isAsked ? "asked-for" : ""}>
      <p className="line">
        <Link to="." search={{ seq: event.seq }} className="seq" aria-label={`event ${event.seq}`}>
          {event.seq}
        </Link>
        <strong className={event.severity}>{event.type}</strong>
        <span>{event.step}</span>
        <span className="soft">
          {event.actor} · <Time at={event.at} full={isAsked} />
        </span>
      </p>
      <p className="links">
        <Back event={event} before={before} />
        <span className="soft">hash</span> <Digest text={event.hash} />
        <Link to="/t/$tenant/ledger" params={{ tenant }} search={{ tab: "events", correlation, span: "all" }}>
          all of its correlation
        </Link>
      </p>
      <details open={isAsked}>
        <summary>
          payload <span className="soft">{event.payload_sha256.slice(0, 12)}…</span>
        </summary>
        {event.payload === null ? (
          <p className="soft">erased; its digest still stands in the chain of {stream}</p>
        ) : (
          <pre className="json">{JSON.stringify(event.payload, null, 2)}</pre>
        )}
      </details>
    </li>
  );
}

/** The link to the entry before: whether the hash that stands here is the one that it has. */
function Back({ event: { seq, prev_hash }, before }: Pick<EntryProps, "event" | "before">) {
  if (seq === 1) return <span className="soft">the first: it holds on to nothing</span>;
  const holds = before === undefined ? null : before.hash === prev_hash;
  return (
    <>
      <Link to="." search={{ seq: seq - 1 }} className="soft">
        after {seq - 1}
      </Link>{" "}
      <Digest text={prev_hash} />
      {holds === null ? null : (
        <span className={holds ? "good" : "bad"}>{holds ? "✓ its hash" : "✕ not its hash"}</span>
      )}
    </>
  );
}
