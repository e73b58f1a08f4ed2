import { utcSecond } from "../../../../src/contracts/told-time.ts";
import { BundleLink, DecisionLink } from "../../links.tsx";
import { counted } from "../../ui/count.ts";
import { Time } from "../../ui/time.tsx";
import { linesOf } from "../gates/backtest.ts";
import { GateLines } from "../gates/gate-line.tsx";
import type { CanaryLook, Trial } from "./canary.ts";
import { shortBundle } from "./names.ts";

const ENDS: { readonly [end: string]: string } = {
  hold: "· waited",
  stall: "◔ held for people",
  advance: "▸ next share",
  pass: "✓ passed",
  abort: "✕ aborted",
};

/** A bundle that is, or was, tried: its share of the new runs at each look, and each gate's value against its limit. */
export function CanaryChart({ trial }: { readonly trial: Trial }) {
  const { bundle, baseline, began, looks } = trial;
  const last = looks.at(-1);
  return (
    <figure className="canary">
      <figcaption>
        <strong>
          <BundleLink bundle={bundle}>{shortBundle(bundle)}</BundleLink>
        </strong>{" "}
        tried beside {shortBundle(baseline)} <Time at={began} />
        {last === undefined ? null : (
          <>
            {" "}
            · {counted(looks.length, "look")}, the last:{" "}
            <DecisionLink evaluation={last.evaluation}>{ENDS[last.end] ?? last.end}</DecisionLink>
            {last.why === null ? "" : ` (${last.why})`}
          </>
        )}
      </figcaption>
      {looks.length === 0 ? <p className="soft">not judged yet</p> : <Shares looks={looks} />}
      {looks.length === 0 ? null : (
        <GateLines
          lines={linesOf(
            looks.map(({ at, runs, gates }) => ({
              decided_at: at,
              gates: gates.map((one) => ({ ...one, sample: runs })),
            })),
          )}
        />
      )}
    </figure>
  );
}

const WIDTH = 480;
const HEIGHT = 72;

/** The share of the new runs, a step a look, and under each what came of it. */
function Shares({ looks }: { readonly looks: readonly CanaryLook[] }) {
  const step = WIDTH / looks.length;
  const y = (share: number): number => HEIGHT - (share / 100) * (HEIGHT - 6);
  const path = looks
    .map(({ share }, index) => `${index === 0 ? "M" : "L"}${index * step} ${y(share)} H${(index + 1) * step}`)
    .join(" ");
  const says = looks.map(({ at, share, end }) => `${utcSecond(at)}: ${share} %, ${end}`).join("; ");
  return (
    <div className="shares">
      <p className="soft">share of the new runs, look by look, of 100 %</p>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={says}>
        <path d={`${path} V${HEIGHT} H0 Z`} className="area" />
        <path d={path} className="edge" vectorEffect="non-scaling-stroke" />
      </svg>
      <ol className="looks">
        {looks.map(({ at, share, end, runs, evaluation, verdict }) => (
          <li key={`${at} ${evaluation}`} className={`ended-${end}`}>
            <DecisionLink evaluation={evaluation} title={`${verdict} on ${counted(runs, "run")}, ${utcSecond(at)}`}>
              {ENDS[end] ?? end}
            </DecisionLink>
            <span className="soft">
              {share} %, {counted(runs, "run")}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
