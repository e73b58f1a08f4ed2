import { Link } from "@tanstack/react-router";
import { useRead, useTenant } from "../../api/query.ts";
import type { Takeovers } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { lasting } from "../../ui/moment.ts";
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
          says: "No holder of a run fell silent.",
          command: "countermark takeover RUN",
        }}
      >
        {({ takeovers }) => (
          <div className="scroll">
            <table>
              <thead>
                <tr>
                  <th>run</th>
                  <th>noticed</th>
                  <th>from</th>
                  <th>to</th>
                  <th className="number">silent for</th>
                  <th>what was in flight</th>
                  <th>proof</th>
                </tr>
              </thead>
              <tbody>
                {takeovers.map((one) => (
                  <TakeoverRow key={`${one.run_id} ${one.epoch_after}`} takeover={one} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </View>
    </section>
  );
}

function TakeoverRow({ takeover }: { readonly takeover: Takeover }) {
  const tenant = useTenant();
  const silentMs = Date.parse(takeover.detected_at) - Date.parse(takeover.stale_since);
  return (
    <tr>
      <td>
        <Link to="/t/$tenant/runs/$run" params={{ tenant, run: takeover.run_id }}>
          {takeover.workflow_id}
        </Link>{" "}
        <Digest text={takeover.run_id} shown={8} />
      </td>
      <td>
        <Time at={takeover.detected_at} />
      </td>
      <td>
        <Digest text={takeover.previous_holder} /> <span className="soft">epoch {takeover.epoch_before}</span>
      </td>
      <td>
        {takeover.holder === null ? <span className="soft">the next worker</span> : <Digest text={takeover.holder} />}{" "}
        <span className="soft">epoch {takeover.epoch_after}</span>
      </td>
      <td className="number">{lasting(silentMs)}</td>
      <td>
        {takeover.effects.length === 0 ? <span className="soft">nothing</span> : null}
        {takeover.effects.map(({ internal_key, generation, step_id, became }) => (
          <div key={`${internal_key} ${generation}`}>
            {step_id} <Badge look={EFFECT_LOOKS[became]} />
          </div>
        ))}
      </td>
      <td>
        {takeover.violations === 0 ? (
          <Badge look={{ label: "nothing under two epochs", tone: "good" }} />
        ) : (
          <Badge look={{ label: `${takeover.violations} under two epochs`, tone: "bad" }} />
        )}
      </td>
    </tr>
  );
}
