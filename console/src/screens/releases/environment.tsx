import { useState } from "react";
import { pathWith } from "../../api/path.ts";
import { useRead } from "../../api/query.ts";
import type { Environments, FoundEvents } from "../../api/wire.ts";
import { BundleLink, StreamLink } from "../../links.tsx";
import { Barred } from "../../ui/barred.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Marked } from "../../ui/marked.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { Blocking } from "./blocking.tsx";
import { trialsOf } from "./canary.ts";
import { CanaryChart } from "./canary-chart.tsx";
import { ApproveDialog, HoldDialog, JudgeDialog, LiftDialog, PromoteDialog, RollBackDialog } from "./dialogs.tsx";
import { momentOf } from "./history.ts";
import { shortBundle } from "./names.ts";
import type { Environment, Next } from "./next.ts";

type Hold = Environments["holds"][number];

interface EnvironmentProps {
  readonly held: Environment;
  /** In force here. */
  readonly holds: readonly Hold[];
  readonly next: Next | null;
}

/** Events of an environment that are read at once, the newest first. */
const EVENTS = 100;

/** One environment: what may be done with it, what comes next, its canaries and its past. */
export function EnvironmentPart({ held, holds, next }: EnvironmentProps) {
  const stream = `environment:${held.environment}`;
  const query = useRead<FoundEvents>(
    pathWith("/v1/ledger/events", { stream, since: "1970-01-01T00:00:00Z", limit: String(EVENTS) }),
  );
  return (
    <section className="environment" id={held.environment}>
      <div className="heading">
        <h2>{held.environment}</h2>
        <Acts held={held} next={next} />
      </div>
      {holds.map((hold) => (
        <HeldBy key={hold.hold_id} held={held} hold={hold} />
      ))}
      {next === null ? null : <NextUp next={next} />}
      <View query={query}>
        {({ events, next: more }) => (
          <>
            {trialsOf(events)
              .slice(0, 1)
              .map((trial) => (
                <CanaryChart key={trial.began} trial={trial} />
              ))}
            <History events={events} stream={stream} hasMore={more !== null} />
          </>
        )}
      </View>
    </section>
  );
}

/** What is asked of an environment, as it was looked at: it stays that, whatever moves while the dialog is open. */
interface Asked {
  readonly about: "promote" | "approve" | "roll_back" | "good" | "bad" | "hold";
  readonly held: Environment;
  readonly next: Next | null;
}

function Acts({ held, next }: Pick<EnvironmentProps, "held" | "next">) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const { bundle, canary, actions, settings } = held;
  // A dialog shows what was known when it was opened, so it opens once that is known.
  const isReading = next?.preview === null && next.refusal === null;
  const button = (about: Asked["about"], name: Environment["actions"][number]["name"], says: string) => {
    const action = actions.find((one) => one.name === name);
    const isBarred = action?.allowed !== true;
    return (
      <button
        type="button"
        className={about === "roll_back" ? "grave" : ""}
        disabled={isBarred || (about === "promote" && isReading)}
        title={isBarred ? `${action?.reason ?? ""} (${action?.code ?? ""})` : says}
        onClick={() => setAsked({ about, held, next })}
      >
        {says} …
      </button>
    );
  };
  return (
    <div className="acts">
      {next === null ? null : button("promote", "promote", `promote from ${next.from}`)}
      {next === null || settings.approvals === 0 ? null : button("approve", "approve", "agree")}
      {bundle?.health === "pending" && canary === null ? button("good", "judge", "mark healthy") : null}
      {bundle !== null && bundle.health !== "bad" && canary === null ? button("bad", "judge", "mark bad") : null}
      {button("hold", "hold", "hold")}
      {bundle === null ? null : button("roll_back", "roll_back", "roll back")}
      <Barred bar={actions.find(({ name, code }) => name === "promote" && code === "ROLE_REQUIRED")} />
      {asked === null ? null : <AskedDialog {...asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function AskedDialog({ about, held, next, onClose }: Asked & { readonly onClose: () => void }) {
  switch (about) {
    case "promote":
      return next === null ? null : <PromoteDialog held={held} next={next} onClose={onClose} />;
    case "approve":
      return next === null ? null : <ApproveDialog held={held} next={next} onClose={onClose} />;
    case "roll_back":
      return held.rollback_to === null ? null : <RollBackDialog held={held} to={held.rollback_to} onClose={onClose} />;
    case "good":
    case "bad":
      return <JudgeDialog held={held} health={about} onClose={onClose} />;
    case "hold":
      return <HoldDialog held={held} onClose={onClose} />;
  }
}

function HeldBy({ held, hold }: { readonly held: Environment; readonly hold: Hold }) {
  const [isAsked, setAsked] = useState(false);
  const mayLift = held.actions.some(({ name, allowed }) => name === "hold" && allowed);
  return (
    <div className="hold">
      <p>
        <strong className="bad">✕ held{hold.scope === "all" ? ", as is everything" : ""}</strong>: {hold.reason}{" "}
        <span className="soft">
          by {hold.placed_by} <Time at={hold.placed_at} />
        </span>
      </p>
      {hold.basis === null ? (
        <button type="button" disabled={!mayLift} onClick={() => setAsked(true)}>
          lift …
        </button>
      ) : (
        <p className="soft">
          it rests on a signoff: lift it with <code>countermark env lift {hold.hold_id} --corrections FILE</code>
        </p>
      )}
      {isAsked ? <LiftDialog hold={hold} onClose={() => setAsked(false)} /> : null}
    </div>
  );
}

const NextUp = ({ next }: { readonly next: Next }) => (
  <div className="next">
    <h3>
      next:{" "}
      <BundleLink bundle={next.bundle.bundle_id} title={next.bundle.bundle_id}>
        {shortBundle(next.bundle.bundle_id)}
      </BundleLink>{" "}
      <span className="soft">from {next.from}</span>
    </h3>
    <Blocking next={next} />
  </div>
);

interface HistoryProps {
  readonly events: FoundEvents["events"];
  readonly stream: string;
  readonly hasMore: boolean;
}

/** Moves that are shown before one asks for more. */
const SHOWN = 5;

function History({ events, stream, hasMore }: HistoryProps) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? events : events.slice(0, SHOWN);
  if (events.length === 0) return <p className="soft">nothing happened here</p>;
  return (
    <>
      <ol className="moves" aria-label="history, the newest first">
        {shown.map((event) => {
          const { says, about } = momentOf(event);
          return (
            <li key={event.seq}>
              <StreamLink stream={stream} seq={event.seq}>
                {says}
              </StreamLink>{" "}
              <Marked text={about} />{" "}
              <span className="soft">
                by {event.actor} · <Time at={event.at} />
              </span>{" "}
              <Digest text={event.hash} shown={8} />
            </li>
          );
        })}
      </ol>
      {isWhole || events.length <= SHOWN ? null : (
        <button type="button" onClick={() => setWhole(true)}>
          {events.length - SHOWN}
          {hasMore ? " and" : ""} more
        </button>
      )}
      {isWhole && hasMore ? <StreamLink stream={stream}>the rest is in its stream</StreamLink> : null}
    </>
  );
}
