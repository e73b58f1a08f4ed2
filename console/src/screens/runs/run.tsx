import { Link, useParams } from "@tanstack/react-router";
import { duration } from "../../../../src/contracts/told-time.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { Run, RunTimeline, RunWorkflow } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { shortId } from "../../ui/id.ts";
import { Marked } from "../../ui/marked.tsx";
import { Time } from "../../ui/time.tsx";
import { RUN_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { WhenSeen } from "../../ui/when-seen.tsx";
import { Acts } from "./acts.tsx";
import { RunChart } from "./chart.tsx";
import { Effects } from "./effects.tsx";
import { IdLink } from "./id-link.tsx";
import { PathMap } from "./map.tsx";
import { runReads } from "./reads.ts";
import { StateAt } from "./state.tsx";
import { Transcript, useTranscript } from "./transcript.tsx";
import "./run.css";

/** One run: why it is where it is and what to do next, the way it took, what it did and when, and by what authority. */
export function RunScreen() {
  const { run } = useParams({ from: "/t/$tenant/runs/$run" });
  return <RunPage key={run} id={run} />;
}

/** Until the timeline has come: the workflow is drawn meanwhile, and none of it moves when the way is marked on it. */
const NO_MOVES: RunTimeline["moves"] = [];

function RunPage({ id }: { readonly id: string }) {
  const reads = runReads(id);
  const run = useRead<Run>(reads.run);
  // Read at once, not one after the other: what draws them is drawn when the run is there.
  const timeline = useRead<RunTimeline>(reads.timeline);
  const workflow = useRead<RunWorkflow>(reads.workflow);
  const transcript = useTranscript(id);
  return (
    <View query={run}>
      {(data) => (
        <article className="run">
          <Heading run={data} cause={transcript.events[0]?.causation ?? null} />
          <section>
            <h2>Path</h2>
            <View query={workflow}>
              {(drawn) => <PathMap run={data} workflow={drawn} moves={timeline.data?.moves ?? NO_MOVES} />}
            </View>
          </section>
          <section>
            <h2>Time</h2>
            <View query={timeline}>{(shown) => <RunChart timeline={shown} approvals={data.approvals} />}</View>
          </section>
          <Effects run={data} />
          <WhenSeen name="State" isPlaced={timeline.data !== undefined && workflow.data !== undefined}>
            <StateAt runId={id} />
          </WhenSeen>
          <Transcript transcript={transcript} total={data.events} />
        </article>
      )}
    </View>
  );
}

interface HeadingProps {
  readonly run: Run;
  /** The event that started it, such as a provider's; null where a person or a program did. */
  readonly cause: string | null;
}

function Heading({ run, cause }: HeadingProps) {
  return (
    <header>
      <div className="heading">
        <h1>
          {run.workflow_id} <Badge look={RUN_LOOKS[run.status]} />
        </h1>
      </div>
      <Why run={run} />
      <Acts run={run} />
      <Facts run={run} cause={cause} />
    </header>
  );
}

/** Why it is here, in one sentence; what can be typed next; and where the runbook says more. */
function Why({ run }: { readonly run: Run }) {
  const tenant = useTenant();
  const { says, next, runbook } = run;
  return (
    <div className={next === null ? "why" : "why astray"}>
      <p>
        It <Marked text={says} />.
      </p>
      {next === null ? null : (
        <p className="what-next">
          <span className="soft">Next: {next.how === "then" ? "" : next.how}</span>{" "}
          <Digest text={next.command} shown={80} />
        </p>
      )}
      {runbook === null ? null : (
        <p className="what-next">
          <Link to="/t/$tenant/runbook" params={{ tenant }} hash={runbook.split("#")[1] ?? ""}>
            what the runbook says
          </Link>
        </p>
      )}
    </div>
  );
}

function Facts({ run, cause }: HeadingProps) {
  const tenant = useTenant();
  const { lease } = run;
  const took = run.ended_at === null ? null : Date.parse(run.ended_at) - Date.parse(run.started_at);
  return (
    <dl className="facts">
      <dt>run</dt>
      <dd>
        <Digest text={run.run_id} shown={36} />
      </dd>
      <dt>started</dt>
      <dd>
        <Time at={run.started_at} full /> by {run.principal_id}
      </dd>
      {cause === null ? null : (
        <>
          <dt>caused by</dt>
          <dd>
            <Link
              to="/t/$tenant/ledger"
              params={{ tenant }}
              search={{ tab: "events", correlation: cause, span: "all" }}
            >
              event <code className="one-line">{shortId(cause)}</code>
            </Link>
          </dd>
        </>
      )}
      {took === null ? null : (
        <>
          <dt>took</dt>
          <dd>{duration(took)}</dd>
        </>
      )}
      {lease.holder === null ? null : (
        <>
          <dt>held by</dt>
          <dd>
            {lease.holder}, epoch {lease.epoch}
            {lease.expires_at === null ? null : (
              <>
                , {lease.expired ? <span className="bad">lease ran out</span> : "lease ends"}{" "}
                <Time at={lease.expires_at} />
              </>
            )}
          </dd>
        </>
      )}
      {run.takeovers.length === 0 ? null : (
        <>
          <dt>taken over</dt>
          <dd>
            {run.takeovers.length === 1 ? "once" : `${run.takeovers.length} times`}, last from{" "}
            {run.takeovers.at(-1)?.previous_holder}, <Time at={run.takeovers.at(-1)?.detected_at ?? run.started_at} />
          </dd>
        </>
      )}
      <dt>pack</dt>
      <dd>
        {run.pack_id} <Digest text={run.pack_digest} />
      </dd>
      <dt>ledger</dt>
      <dd>
        <Link to="/t/$tenant/ledger/$stream" params={{ tenant, stream: run.run_id }}>
          {run.events.toLocaleString("en")} events
        </Link>
        , <IdLink named={{ kind: "correlation", id: run.correlation_id }} runId={run.run_id} />
        {run.receipts.length === 0 ? null : (
          <>
            ,{" "}
            <Link to="/t/$tenant/ledger" params={{ tenant }} search={{ tab: "receipts", run: run.run_id }}>
              {run.receipts.length.toLocaleString("en")} {run.receipts.length === 1 ? "receipt" : "receipts"}
            </Link>
          </>
        )}
        ,{" "}
        <Link to="/t/$tenant/runs" params={{ tenant }} search={{ search: run.correlation_id.split("/")[0] }}>
          runs that started it or that it started
        </Link>
      </dd>
    </dl>
  );
}
