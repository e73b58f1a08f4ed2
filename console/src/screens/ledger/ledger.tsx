import { Link, useSearch } from "@tanstack/react-router";
import { Tabs, tabProps } from "../../ui/tabs.tsx";
import { EventSearch } from "./events.tsx";
import { ReceiptsBookPart } from "./receipts.tsx";
import { LEDGER_TABS } from "./search.ts";
import { StreamsPart } from "./streams.tsx";
import { Verify } from "./verify.tsx";
import "./ledger.css";

/** Everything that happened: found by what it was, by the stream it is in, or by the effect that it had. */
export function LedgerScreen() {
  const { tab = "events" } = useSearch({ from: "/t/$tenant/ledger" });
  return (
    <section>
      <div className="heading">
        <h1>Ledger</h1>
        <Verify stream={null} says="verify all of it" />
      </div>
      <Tabs name="parts of the ledger">
        {LEDGER_TABS.map(([one, says]) => (
          <Link key={one} from="/t/$tenant/ledger" to="." search={{ tab: one }} {...tabProps(one === tab)}>
            {says}
          </Link>
        ))}
      </Tabs>
      {PARTS[tab]}
    </section>
  );
}

const PARTS = { events: <EventSearch />, streams: <StreamsPart />, receipts: <ReceiptsBookPart /> } as const;
