import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { duration } from "../../../../src/contracts/told-time.ts";
import type { Run, RunTimeline } from "../../api/wire.ts";
import { type Lane, type LaneGroup, pictureOf } from "./timeline.ts";

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
  const { groups, startedAt, endedAt } = useMemo(() => pictureOf(timeline, approvals), [timeline, approvals]);
  return (
    <div className="chart">
      {groups.map(({ name, lanes }) => (
        <section key={name} aria-label={TITLES[name]}>
          <h3>{TITLES[name]}</h3>
          {lanes.length > LANES_MAX ? (
            <LaneWindow lanes={lanes} says={TITLES[name]} />
          ) : (
            lanes.map((lane) => <LaneBars key={lane.name} lane={lane} />)
          )}
        </section>
      ))}
      <div className="lane axis">
        <span />
        <div className="bars">
          <span>0</span>
          <span>{duration((endedAt - startedAt) / 2)}</span>
          <span>{duration(endedAt - startedAt)}</span>
        </div>
      </div>
    </div>
  );
}

/** More lanes than this scroll in a window of their own, and only those in sight are drawn. */
const LANES_MAX = 20;
const LANE_PX = 24;

function LaneWindow({ lanes, says }: { readonly lanes: readonly Lane[]; readonly says: string }) {
  const box = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: lanes.length,
    getScrollElement: () => box.current,
    estimateSize: () => LANE_PX,
    overscan: 5,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className="lanes" ref={box} tabIndex={0} aria-label={`${lanes.length} lanes of ${says}`}>
      <div style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const lane = lanes[index];
          return lane === undefined ? null : (
            <div key={key} className="placed" style={{ transform: `translateY(${start}px)` }}>
              <LaneBars lane={lane} />
            </div>
          );
        })}
      </div>
    </section>
  );
}

const LaneBars = ({ lane: { name, spans } }: { readonly lane: Lane }) => (
  <div className="lane">
    <span className="step" title={name}>
      {name}
    </span>
    <div className="bars">
      {spans.map(({ left, width, kind, severity, says }, index) => (
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
);
