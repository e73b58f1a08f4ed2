import type { Run, RunTimeline } from "../../api/wire.ts";
import { lasting } from "../../ui/moment.ts";
import { type LaneGroup, pictureOf } from "./timeline.ts";

interface ChartProps {
  readonly timeline: RunTimeline;
  readonly approvals: Run["approvals"];
}

const TITLES: { readonly [G in LaneGroup["name"]]: string } = {
  steps: "steps",
  waits: "waits",
  calls: "calls",
  authority: "let through by",
  owners: "owners",
};

/** Bars over time: a lane for each step, wait and tool, and for whoever or whatever let effects through, and what happened to its owners. */
export function RunChart({ timeline, approvals }: ChartProps) {
  const { groups, startedAt, endedAt } = pictureOf(timeline, approvals);
  return (
    <div className="chart">
      {groups.map(({ name, lanes }) => (
        <section key={name} aria-label={TITLES[name]}>
          <h3>{TITLES[name]}</h3>
          {lanes.map((lane) => (
            <div key={lane.name} className="lane">
              <span className="step" title={lane.name}>
                {lane.name}
              </span>
              <div className="bars">
                {lane.spans.map(({ left, width, kind, severity, says }, index) => (
                  <span
                    // biome-ignore lint/suspicious/noArrayIndexKey: bars have no name, and stand in the order of time
                    key={index}
                    className={`bar ${kind} ${severity}`}
                    style={{ left: `${left}%`, width: `${width}%` }}
                    title={says}
                    role="img"
                    aria-label={says}
                  />
                ))}
              </div>
            </div>
          ))}
        </section>
      ))}
      <div className="lane axis">
        <span />
        <div className="bars">
          <span>0</span>
          <span>{lasting((endedAt - startedAt) / 2)}</span>
          <span>{lasting(endedAt - startedAt)}</span>
        </div>
      </div>
    </div>
  );
}
