import { Link } from "@tanstack/react-router";
import { useRead, useTenant } from "../../api/query.ts";
import type { Environments, Evaluations, Overview } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Marked } from "../../ui/marked.tsx";
import { useNow } from "../../ui/time.tsx";
import { MARKS, RUN_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { newestByPolicy } from "../releases/blocking.tsx";
import { useNext } from "../releases/next.ts";
import { Track } from "../releases/track.tsx";
import { LastSaid } from "./last-said.tsx";
import { NextOnes } from "./next-ones.tsx";
import { HOME_READS } from "./reads.ts";
import { shipVerdict } from "./ship.ts";
import { type Fact, safeVerdict, type Verdict } from "./verdict.ts";

/** Is it safe, and may it ship: two sentences, and the facts under them. */
export function HomeScreen() {
  const overview = useRead<Overview>(HOME_READS.overview);
  const environments = useRead<Environments>(HOME_READS.environments);
  const evaluations = useRead<Evaluations>(HOME_READS.evaluations);
  const next = useNext(environments.data?.environments ?? []);
  const now = useNow();
  return (
    <div className="home">
      <section className="verdicts">
        <View query={overview}>
          {(data) => <VerdictCard question="Is it safe?" verdict={safeVerdict(data, now)} />}
        </View>
        <View query={environments}>
          {(held) => <VerdictCard question="May it ship?" verdict={shipVerdict({ ...held, next })} />}
        </View>
      </section>
      <View query={overview}>{(data) => <RunCounts overview={data} />}</View>
      <View query={environments}>
        {(data) => (
          <>
            <Track {...data} />
            <NextOnes next={next} />
          </>
        )}
      </View>
      <View query={evaluations}>{(said) => <LastSaid evaluations={newestByPolicy(said.evaluations)} />}</View>
    </div>
  );
}

const VerdictCard = ({ question, verdict }: { readonly question: string; readonly verdict: Verdict }) => (
  <article className={`verdict ${verdict.tone}`}>
    <h2>{question}</h2>
    <p className="sentence">
      <span aria-hidden="true">{MARKS[verdict.tone]}</span> {verdict.sentence}
    </p>
    <ul>
      {verdict.facts.map((fact) => (
        <li key={fact.text} className={fact.tone}>
          <span aria-hidden="true">{MARKS[fact.tone]}</span> <FactLink fact={fact} />
        </li>
      ))}
    </ul>
  </article>
);

/** Entries of the last day, as the overview counts them. */
const dayOf = (type: string, severity: "error" | "warning") =>
  ({ to: "/t/$tenant/ledger", search: { tab: "events", type, severity, span: "day" } }) as const;

const PLACES = {
  secret_stopped: dayOf("scanner.detected", "error"),
  personal_data_masked: dayOf("scanner.detected", "warning"),
  key_collision: dayOf("idempotency.collided", "warning"),
  bound_reached: dayOf("bound.reached", "error"),
  runs: { to: "/t/$tenant/runs", search: {} },
  blocked: { to: "/t/$tenant/runs", search: { status: "BLOCKED" } },
  inbox: { to: "/t/$tenant/inbox", search: {} },
  gates: { to: "/t/$tenant/gates", search: {} },
  releases: { to: "/t/$tenant/releases", search: {} },
  unknown: { to: "/t/$tenant/ledger", search: { tab: "receipts", status: "unknown" } },
  health: { to: "/t/$tenant/health", search: {} },
} as const;

function FactLink({ fact: { place, id, text } }: { readonly fact: Fact }) {
  const tenant = useTenant();
  if (place === "decision")
    return (
      <Link to="/t/$tenant/gates/$evaluation" params={{ tenant, evaluation: id ?? "" }}>
        <Marked text={text} />
      </Link>
    );
  const { to, search } = PLACES[place];
  return (
    <Link to={to} params={{ tenant }} search={search} {...(id === undefined ? {} : { hash: id })}>
      <Marked text={text} />
    </Link>
  );
}

function RunCounts({ overview }: { readonly overview: Overview }) {
  const tenant = useTenant();
  return (
    <section>
      <h2>Runs</h2>
      <p className="soft">in flight now, or ended within a day</p>
      <ul className="figures">
        {overview.runs.map(({ status, count }) => (
          <li key={status}>
            <Link to="/t/$tenant/runs" params={{ tenant }} search={{ status }}>
              <span className="figure">{count}</span>
              <Badge look={RUN_LOOKS[status]} />
            </Link>
          </li>
        ))}
      </ul>
      {overview.runs.length === 0 ? (
        <p className="soft">none yet: a webhook or `countermark run start` begins one</p>
      ) : null}
    </section>
  );
}
