import { useSearch } from "@tanstack/react-router";
import { pathWith } from "../../api/path.ts";
import { useRead } from "../../api/query.ts";
import type { Streams } from "../../api/wire.ts";
import { StreamLink } from "../../links.tsx";
import { useAsk } from "../../ui/ask.ts";
import { countText } from "../../ui/count.ts";
import { Digest } from "../../ui/digest.tsx";
import { Pager } from "../../ui/pager.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { View } from "../../ui/view.tsx";

const COLUMNS: readonly Column<Streams["streams"][number]>[] = [
  {
    name: "stream",
    cell: ({ stream }) => (
      <StreamLink stream={stream}>
        <code>{stream}</code>
      </StreamLink>
    ),
  },
  { name: "events", kind: "number", cell: ({ seq }) => countText(seq) },
  { name: "head", cell: ({ hash }) => <Digest text={hash} /> },
];

/** Every stream with its head. */
export function StreamsPart() {
  const { before: after } = useSearch({ from: "/t/$tenant/ledger" });
  const ask = useAsk<"/t/$tenant/ledger">();
  const query = useRead<Streams>(pathWith("/v1/ledger/streams", { after, limit: "100" }));
  return (
    <View
      query={query}
      empty={{
        when: ({ streams }) => streams.length === 0,
        says: "No stream yet.",
        command: "countermark run start WORKFLOW --input FILE",
      }}
    >
      {({ streams, next }) => (
        <>
          <Table columns={COLUMNS} rows={streams} keyOf={({ stream }) => stream} />
          <Pager isFirst={after === undefined} next={next} onTurn={(before) => ask({ before })} />
        </>
      )}
    </View>
  );
}
