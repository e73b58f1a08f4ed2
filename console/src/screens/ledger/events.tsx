import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { utcSecond } from "../../../../src/contracts/told-time.ts";
import { saveAnswer } from "../../api/download.ts";
import { pathWith } from "../../api/path.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { FoundEvents, LedgerEvent } from "../../api/wire.ts";
import { StreamLink } from "../../links.tsx";
import { useAsk } from "../../ui/ask.ts";
import { Digest } from "../../ui/digest.tsx";
import { Choice, TextField } from "../../ui/field.tsx";
import { shortId } from "../../ui/id.ts";
import { Pager } from "../../ui/pager.tsx";
import { SaveButton } from "../../ui/save-button.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { askedOf, type LedgerSearch, SPANS } from "./search.ts";

/** Entries of all streams, by what they are and when they happened; the search is the address. */
export function EventSearch() {
  const tenant = useTenant();
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
              <SaveButton
                says="save as NDJSON"
                save={(tell) =>
                  saveAnswer(
                    {
                      tenant,
                      path: pathWith("/v1/ledger/export", askedOf(search, opened)),
                      name: `${tenant}-ledger.ndjson`,
                    },
                    tell,
                  )
                }
              />
            </div>
            <Table columns={COLUMNS} rows={events} keyOf={({ event_id }) => event_id} />
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

const MARK = { info: "", warning: "◔ ", error: "✕ " } as const;

const COLUMNS: readonly Column<LedgerEvent>[] = [
  { name: "event", cell: (event) => <EventName event={event} /> },
  {
    name: "stream",
    cell: ({ stream, seq }) => (
      <>
        <Narrow by={{ stream }}>{stream}</Narrow> <span className="soft">{seq}</span>
      </>
    ),
  },
  { name: "step", kind: "mid", cell: ({ step }) => step },
  {
    name: "actor",
    kind: "mid soft",
    cell: ({ actor }) => (
      <span title={actor}>{actor.startsWith("worker-") ? `worker …${actor.slice(-6)}` : actor}</span>
    ),
  },
  {
    name: "correlation",
    kind: "wide",
    cell: ({ correlation }) => <Narrow by={{ correlation }}>{correlation}</Narrow>,
  },
  { name: "hash", kind: "wide", cell: ({ hash }) => <Digest text={hash} shown={8} /> },
  { name: "when", kind: "moment", cell: ({ at }) => <Time at={at} /> },
];

const EventName = ({ event: { stream, seq, type, severity } }: { readonly event: LedgerEvent }) => (
  <span className={severity === "info" ? "" : severity}>
    <span aria-hidden="true">{MARK[severity]}</span>
    <StreamLink stream={stream} seq={seq}>
      {type}
    </StreamLink>
    {severity === "info" ? null : <span className="unseen"> {severity}</span>}
  </span>
);

/** To the same search, of this stream or correlation alone. */
const Narrow = ({ by, children }: { readonly by: Partial<LedgerSearch>; readonly children: string }) => (
  <Link from="/t/$tenant/ledger" to="." search={(held) => ({ ...held, ...by, before: undefined })} title={children}>
    <code className="one-line">{shortId(children)}</code>
  </Link>
);
