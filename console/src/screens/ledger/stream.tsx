import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useRead } from "../../api/query.ts";
import type { StreamPage } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { Verify } from "./ledger.tsx";

/** One stream: each event, and the hash by which it holds on to the one before. */
export function StreamScreen() {
  const { stream } = useParams({ from: "/t/$tenant/ledger/$stream" });
  const [after, setAfter] = useState(0);
  const query = useRead<StreamPage>(`/v1/ledger/streams/${encodeURIComponent(stream)}?after=${after}&limit=100`);
  return (
    <section>
      <div className="heading">
        <h1>
          <code>{stream}</code>
        </h1>
        <Verify body={{ stream }} says="verify this stream" />
      </div>
      <View query={query}>
        {({ events, next }) => (
          <>
            <ol className="chain">
              {events.map((event) => (
                <li key={event.seq}>
                  <p className="line">
                    <span className="number soft">{event.seq}</span>
                    <strong className={event.severity}>{event.type}</strong>
                    <span>{event.step}</span>
                    <span className="soft">
                      {event.actor} · <Time at={event.at} />
                    </span>
                  </p>
                  <p className="links">
                    <span className="soft">after</span> <Digest text={event.prev_hash} />
                    <span className="soft">hash</span> <Digest text={event.hash} />
                  </p>
                  <details>
                    <summary>payload</summary>
                    <pre className="json">{JSON.stringify(event.payload, null, 2)}</pre>
                  </details>
                </li>
              ))}
            </ol>
            {next === null ? null : (
              <button type="button" onClick={() => setAfter(next)}>
                next page
              </button>
            )}
          </>
        )}
      </View>
    </section>
  );
}
