import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { utcSecond } from "../../../../src/contracts/told-time.ts";
import { ApiError } from "../../api/client.ts";
import { saveAnswer } from "../../api/download.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { FoundEvents, LedgerEvent } from "../../api/wire.ts";
import { useAsk } from "../../ui/ask.ts";
import { Digest } from "../../ui/digest.tsx";
import { Choice, TextField } from "../../ui/field.tsx";
import { shortId } from "../../ui/id.ts";
import { Pager } from "../../ui/pager.tsx";
import { Time } from "../../ui/time.tsx";
import { Problem, View } from "../../ui/view.tsx";
import { askedOf, type LedgerSearch, pathWith, SPANS } from "./search.ts";
import "../../ui/table.css";

/** Entries of all streams, by what they are and when they happened; the search is the address. */
export function EventSearch() {
  const search = useSearch({ from: "/t/$tenant/ledger" });
  const ask = useAsk<"/t/$tenant/ledger">();
  const [opened] = useState(() => Date.now());
  const query = useRead<FoundEvents>(
    pathWith("/v1/ledger/events", { ...askedOf(search, opened), before: search.before, limit: "100" }),
  );
  return (
    <>
      <Fields search={search} />
      <View
        query={query}
        empty={{
          when: ({ events }) => events.length === 0,
          says: "No event is like this. Look further back, or ask for less.",
          command: "countermark ledger show",
        }}
      >
        {({ since, events, next }) => (
          <>
            <div className="heading">
              <p className="soft">
                since {utcSecond(since)}, the newest first{next === null ? `: ${events.length}` : ""}
              </p>
              <Export asked={askedOf(search, opened)} />
            </div>
            <EventTable events={events} />
            <Pager isFirst={search.before === undefined} next={next} onTurn={(before) => ask({ before })} />
          </>
        )}
      </View>
    </>
  );
}

const SEVERITIES = [
  ["", "any"],
  ["info", "info"],
  ["warning", "warning"],
  ["error", "error"],
] as const;

function Fields({ search }: { readonly search: LedgerSearch }) {
  const ask = useAsk<"/t/$tenant/ledger">();
  return (
    <search className="fields">
      <TextField
        label="type or family"
        value={search.type}
        placeholder="any, such as run.ended"
        onCommit={(type) => ask({ type })}
      />
      <TextField
        label="stream"
        value={search.stream}
        placeholder="any, such as audit"
        onCommit={(stream) => ask({ stream })}
      />
      <TextField label="correlation" value={search.correlation} onCommit={(correlation) => ask({ correlation })} />
      <Choice
        label="severity"
        value={search.severity}
        options={SEVERITIES}
        onChoose={(severity) => ask({ severity })}
      />
      <Choice
        label="when"
        value={search.span ?? "day"}
        options={SPANS.map(([span, says]) => [span, says])}
        onChoose={(span) => ask({ span })}
      />
    </search>
  );
}

const EventTable = ({ events }: { readonly events: readonly LedgerEvent[] }) => (
  <div className="scroll">
    <table className="dense">
      <thead>
        <tr>
          <th>event</th>
          <th>stream</th>
          <th className="mid">step</th>
          <th className="mid">actor</th>
          <th className="wide">correlation</th>
          <th className="wide">hash</th>
          <th>when</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <EventRow key={event.event_id} event={event} />
        ))}
      </tbody>
    </table>
  </div>
);

const MARK = { info: "", warning: "◔ ", error: "✕ " } as const;

function EventRow({ event }: { readonly event: LedgerEvent }) {
  const tenant = useTenant();
  const { stream, seq, type, step, actor, correlation, hash, at, severity } = event;
  return (
    <tr>
      <td className={severity === "info" ? "" : severity}>
        <span aria-hidden="true">{MARK[severity]}</span>
        <Link to="/t/$tenant/ledger/$stream" params={{ tenant, stream }} search={{ seq }}>
          {type}
        </Link>
        {severity === "info" ? null : <span className="unseen"> {severity}</span>}
      </td>
      <td>
        <Link to="." search={(held) => ({ ...held, stream, before: undefined })} title={stream}>
          <code>{shortId(stream)}</code>
        </Link>{" "}
        <span className="soft">{seq}</span>
      </td>
      <td className="mid">{step ?? ""}</td>
      <td className="mid soft" title={actor}>
        {actor.startsWith("worker-") ? `worker …${actor.slice(-6)}` : actor}
      </td>
      <td className="wide">
        <Link to="." search={(held) => ({ ...held, correlation, before: undefined })} title={correlation}>
          <code>{shortId(correlation)}</code>
        </Link>
      </td>
      <td className="wide">
        <Digest text={hash} shown={8} />
      </td>
      <td className="moment">
        <Time at={at} />
      </td>
    </tr>
  );
}

/** What was searched for, as a file of any length. */
function Export({ asked }: { readonly asked: { readonly [name: string]: string | undefined } }) {
  const tenant = useTenant();
  const [bytes, setBytes] = useState<number | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const save = async (): Promise<void> => {
    setError(null);
    setBytes(0);
    try {
      await saveAnswer(
        { tenant, path: pathWith("/v1/ledger/export", asked), name: `${tenant}-ledger.ndjson` },
        setBytes,
      );
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    }
    setBytes(null);
  };
  return (
    <div className="acts">
      {error === null ? null : <Problem error={error} />}
      {bytes === null ? null : (
        <span className="soft" role="status">
          {(bytes / 1_000_000).toFixed(1)} MB
        </span>
      )}
      <button type="button" disabled={bytes !== null} onClick={() => void save()}>
        save as NDJSON
      </button>
    </div>
  );
}
