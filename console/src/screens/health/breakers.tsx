import { useState } from "react";
import { useRead } from "../../api/query.ts";
import type { Breaker, Breakers as BreakerList } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Barred } from "../../ui/barred.tsx";
import { ActDialog } from "../../ui/dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Time, useNow } from "../../ui/time.tsx";
import { MARKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { BREAKER_LOOKS, BREAKER_MEANS } from "./looks.ts";

/** The services that tools call, and whether calls to them go through. */
export function Breakers() {
  const query = useRead<BreakerList>("/v1/breakers");
  return (
    <section>
      <h2>Breakers</h2>
      <View
        query={query}
        empty={{
          when: ({ breakers }) => breakers.length === 0,
          says: "Every service answers: no breaker has opened.",
          command: "countermark breaker list",
        }}
      >
        {({ breakers }) => (
          <ul className="breakers">
            {gravestFirst(breakers).map((breaker) => (
              <li key={breaker.breaker_id} className={BREAKER_LOOKS[breaker.state].tone}>
                <BreakerCard breaker={breaker} />
              </li>
            ))}
          </ul>
        )}
      </View>
    </section>
  );
}

const GRAVITY: readonly Breaker["state"][] = ["OPEN", "HALF_OPEN", "CLOSED"];

const gravestFirst = (breakers: readonly Breaker[]): readonly Breaker[] =>
  breakers.toSorted((a, b) => GRAVITY.indexOf(a.state) - GRAVITY.indexOf(b.state));

function BreakerCard({ breaker }: { readonly breaker: Breaker }) {
  const [isAsked, setAsked] = useState(false);
  const [reset] = breaker.actions;
  const isCalm = breaker.state === "CLOSED" && breaker.failures === 0;
  return (
    <>
      <h3>
        {breaker.breaker_id} <Badge look={BREAKER_LOOKS[breaker.state]} />
      </h3>
      <p>
        {BREAKER_MEANS[breaker.state]}
        {breaker.probes_from === null ? null : <Probe from={breaker.probes_from} />}
      </p>
      <p className="soft">{standingOf(breaker)}</p>
      <History changes={breaker.changes} />
      {isCalm || reset === undefined ? null : (
        <div className="acts">
          <button type="button" disabled={!reset.allowed} onClick={() => setAsked(true)}>
            reset {breaker.breaker_id} …
          </button>
          <Barred bar={reset.allowed ? null : reset} />
        </div>
      )}
      {isAsked ? <ResetDialog breaker={breaker} onClose={() => setAsked(false)} /> : null}
    </>
  );
}

/** When a call is let through an open breaker to see. */
const Probe = ({ from }: { readonly from: string }) =>
  useNow() < Date.parse(from) ? (
    <>
      ; one is let through to see <Time at={from} />
    </>
  ) : (
    "; the next one is let through to see"
  );

function standingOf(breaker: Breaker): string {
  if (breaker.state === "HALF_OPEN")
    return `${breaker.probes} of ${breaker.probes_max} calls let through, ${breaker.successes} of ${breaker.success_threshold} went well that close it`;
  return `${breaker.failures} failures within ${breaker.failure_window_seconds}\u00a0s; ${breaker.failure_threshold} open it for ${breaker.open_duration_seconds}\u00a0s`;
}

const SHOWN = 4;

function History({ changes }: Pick<Breaker, "changes">) {
  return (
    <ol aria-label="history, the newest first">
      {changes.slice(0, SHOWN).map(({ state, at }) => (
        <li key={at}>
          <span className={BREAKER_LOOKS[state].tone} aria-hidden="true">
            {MARKS[BREAKER_LOOKS[state].tone]}
          </span>{" "}
          {BREAKER_LOOKS[state].label} <Time at={at} />
        </li>
      ))}
      {changes.length === 0 ? <li className="soft">it has not opened for a month</li> : null}
      {changes.length > SHOWN ? <li className="soft">and {changes.length - SHOWN} before</li> : null}
    </ol>
  );
}

/** Resets the breaker that is shown: one that has moved since is refused. */
function ResetDialog({ breaker, onClose }: { readonly breaker: Breaker; readonly onClose: () => void }) {
  // What was looked at is what is reset, whatever becomes of it while a reason is typed.
  const [shown] = useState(breaker);
  return (
    <ActDialog
      title={`Reset ${shown.breaker_id}?`}
      verb={`reset ${shown.breaker_id}`}
      isGrave
      needsReason
      onClose={onClose}
      onConfirm={(reason, act) =>
        act(`/v1/breakers/${encodeURIComponent(shown.breaker_id)}/reset`, { revision: shown.revision, reason })
      }
    >
      <Facts
        of={[
          ["from", `${BREAKER_LOOKS[shown.state].label}: ${BREAKER_MEANS[shown.state]}`],
          ["to", `closed: ${BREAKER_MEANS.CLOSED}, and no failure is counted`],
          ["revision", shown.revision],
        ]}
      />
      <p>
        Every call to {shown.breaker_id} goes out again at once. If it still fails, it opens after{" "}
        {shown.failure_threshold} failures.
      </p>
    </ActDialog>
  );
}
