import { useRead } from "../../api/query.ts";
import type { Needs, UnsettledEvents } from "../../api/wire.ts";
import { RunLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Time } from "../../ui/time.tsx";
import { RECEIPT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { EVENT_LOOKS } from "./looks.ts";

/** What providers and effects leave open: events that are not applied, effects of which nobody knows. */
export function Events() {
  return (
    <div className="pair">
      <Unsettled />
      <UnknownEffects />
    </div>
  );
}

function Unsettled() {
  const query = useRead<UnsettledEvents>("/v1/unsettled-events?limit=100");
  return (
    <section>
      <h2>Provider events not applied</h2>
      <View
        query={query}
        empty={{
          when: ({ events }) => events.length === 0,
          says: "Every event that was delivered has been applied.",
          command: "countermark endpoint list",
        }}
      >
        {({ events }) => (
          <ul className="rows-of" aria-label="provider events not applied">
            {events.map((event) => (
              <li key={event.event_id}>
                <div>
                  <strong>{event.event_type}</strong> <Badge look={EVENT_LOOKS[event.status]} />
                  <p className="soft">
                    {event.source.toLowerCase()} · {event.entity_id === "" ? "about nothing we hold" : event.entity_id}
                    {event.reason === null ? null : (
                      <>
                        {" "}
                        · <code>{event.reason}</code>
                      </>
                    )}
                  </p>
                  <p className="soft">
                    came <Time at={event.received_at} />
                    {event.waits_for === null ? "" : `, waits for ${event.waits_for}`}
                    {event.status === "RECONCILE_QUEUED" ? "; look it up at the provider" : ""}
                  </p>
                </div>
              </li>
            ))}
          </ul>
        )}
      </View>
    </section>
  );
}

function UnknownEffects() {
  const query = useRead<Needs>("/v1/needs-person");
  return (
    <section>
      <h2>Receipts unknown</h2>
      <View
        query={query}
        empty={{
          when: ({ needs }) => !needs.some(({ what }) => what === "unknown_effect"),
          says: "It is known of every effect whether it happened.",
          command: "countermark needs-person",
        }}
      >
        {({ needs }) => (
          <ul className="rows-of" aria-label="receipts unknown">
            {needs
              .filter(({ what }) => what === "unknown_effect")
              .map(({ run_id, step_id, since }) => (
                <li key={`${run_id} ${step_id}`}>
                  <div>
                    <Badge look={RECEIPT_LOOKS.unknown} />{" "}
                    {run_id === null ? null : <RunLink run={run_id}>step {step_id} of its run</RunLink>}
                    <p className="soft">
                      since <Time at={since} />; ask the provider, then <code>countermark run resolve {run_id}</code>
                    </p>
                  </div>
                </li>
              ))}
          </ul>
        )}
      </View>
    </section>
  );
}
