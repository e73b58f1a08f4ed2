import type { RunTimeline } from "../../api/wire.ts";
import { lasting } from "../../ui/moment.ts";
import { pictureOf } from "./timeline.ts";

/** Bars over time, a lane a step. */
export function RunChart({ timeline }: { readonly timeline: RunTimeline }) {
  const { lanes, startedAt, endedAt } = pictureOf(timeline);
  return (
    <div className="chart">
      {lanes.map(({ name, spans }) => (
        <div key={name} className="lane">
          <span className="step">{name}</span>
          <div className="bars">
            {spans.map(({ left, width, kind, severity, says }) => (
              <span
                key={`${left} ${says}`}
                className={`bar ${kind} ${severity}`}
                style={{ left: `${left}%`, width: `${width}%` }}
                title={says}
                role="img"
                aria-label={`${name}: ${says}`}
              />
            ))}
          </div>
        </div>
      ))}
      <div className="lane axis">
        <span />
        <div className="bars">
          <span>0</span>
          <span>{lasting(endedAt - startedAt)}</span>
        </div>
      </div>
    </div>
  );
}
