import { duration } from "../../../../src/contracts/told-time.ts";
import { useRead } from "../../api/query.ts";
import type { Takeovers } from "../../api/wire.ts";
import { RunLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { EFFECT_LOOKS } from "./looks.ts";

type Takeover = Takeovers["takeovers"][number];

/** Runs whose holder fell silent, who went on with them, and what shows that nothing was done twice. */
export function TakeoverList() {
  const query = useRead<Takeovers>("/v1/takeovers");
  return (
    <section>
      <h2>Takeovers</h2>
      <View
        query={query}
        empty={{
          when: ({ takeovers }) => takeovers.length === 0,
          says: "No run has been taken over.",
          command: "countermark takeover RUN",
        }}
      >
        {({ takeovers }) => (
          <ul className="rows-of" aria-label="takeovers">
            {takeovers.map((one) => (
              <li key={`${one.run_id} ${one.epoch_after}`}>
                <TakeoverRow takeover={one} />
              </li>
            ))}
          </ul>
        )}
      </View>
    </section>
  );
}

function TakeoverRow({ takeover }: { readonly takeover: Takeover }) {
  const silentMs = Date.parse(takeover.detected_at) - Date.parse(takeover.stale_since);
  return (
    <>
      <div>
        <RunLink run={takeover.run_id}>{takeover.workflow_id}</RunLink> <Digest text={takeover.run_id} shown={8} />
        <p className="soft">
          <Digest text={takeover.previous_holder} shown={18} /> was silent for {duration(silentMs)} · epoch{" "}
          {takeover.epoch_before} to {takeover.epoch_after}, now{" "}
          {takeover.holder === null ? "of the next worker" : <Digest text={takeover.holder} shown={18} />} · noticed{" "}
          <Time at={takeover.detected_at} />
        </p>
      </div>
      <div className="proof aside">
        <Proof takeover={takeover} />
      </div>
    </>
  );
}

/** What was in flight and what became of it; and whether the run shows anything under two epochs. */
function Proof({ takeover: { effects, violations } }: { readonly takeover: Takeover }) {
  return (
    <>
      {violations === 0 ? (
        <Badge look={{ label: "nothing under two epochs", tone: "good" }} />
      ) : (
        <Badge look={{ label: `${violations} under two epochs`, tone: "bad" }} />
      )}
      {effects.length === 0 ? <p className="soft">nothing was in flight</p> : null}
      {effects.map(({ internal_key, generation, step_id, became }) => (
        <p key={`${internal_key} ${generation}`}>
          {step_id} <Badge look={EFFECT_LOOKS[became]} />
        </p>
      ))}
    </>
  );
}
