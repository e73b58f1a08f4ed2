import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { utcSecond } from "../../../../src/contracts/told-time.ts";
import { type ApiError, act } from "../../api/client.ts";
import { useTenant } from "../../api/query.ts";
import type { Decision, ShownPolicy } from "../../api/wire.ts";
import { Choice } from "../../ui/field.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { linesOf } from "./backtest.ts";
import { GateLines } from "./gate-line.tsx";
import { GateTable } from "./gate-table.tsx";
import { type BacktestSearch, EVERY } from "./search.ts";

const DAY_MS = 86_400_000;
const DAYS = [1, 7, 30, 90] as const;

/** What a policy would have said at instants of the past, on what the ledger holds; nothing is recorded. The span is in the URL. */
export function Backtest({ shown }: { readonly shown: ShownPolicy }) {
  const search = useSearch({ from: "/t/$tenant/gates/policies/$policy" });
  return (
    <section>
      <h2>Backtest</h2>
      <p className="soft">what it would have said on this ledger, had it been asked then; nothing is recorded</p>
      <Fields search={search} profiles={shown.profiles} />
      {search.days === undefined ? null : <Tried shown={shown} search={search} days={search.days} />}
    </section>
  );
}

interface FieldsProps {
  readonly search: BacktestSearch;
  readonly profiles: readonly string[];
}

function Fields({ search, profiles }: FieldsProps) {
  const navigate = useNavigate({ from: "/t/$tenant/gates/policies/$policy" });
  const ask = (changed: BacktestSearch): void => void navigate({ search: (held) => ({ ...held, ...changed }) });
  const { days, every, profile } = search;
  return (
    <div className="fields">
      <Choice
        label="over"
        value={days === undefined ? "" : String(days)}
        options={[
          ["", "no span yet"],
          ...DAYS.map((one) => [String(one), one === 1 ? "a day" : `${one} days`] as const),
        ]}
        onChoose={(value) => ask({ days: value === undefined ? undefined : Number(value) })}
      />
      <Choice
        label="every"
        value={every ?? everyOf(days ?? 1)}
        options={EVERY.map(([one, says]) => [one, says])}
        onChoose={(value) => ask({ every: value })}
      />
      {profiles.length === 0 ? null : (
        <Choice
          label="profile"
          value={profile ?? profiles[0]}
          options={profiles.map((one) => [one, one])}
          onChoose={(value) => ask({ profile: value })}
        />
      )}
    </div>
  );
}

/** About thirty decisions, unless told. */
const everyOf = (days: number): string => (days <= 1 ? "hour" : days <= 7 ? "quarter" : "day");

interface TriedProps {
  readonly shown: ShownPolicy;
  readonly search: BacktestSearch;
  readonly days: number;
}

function Tried({ shown, search, days }: TriedProps) {
  const tenant = useTenant();
  const [now] = useState(() => Date.now());
  const every = search.every ?? everyOf(days);
  const query = useQuery<{ readonly decisions: readonly Decision[] }, ApiError>({
    // The ledger's past does not change: what grows now is not read anew.
    queryKey: ["backtest", tenant, shown.digest, days, every, search.profile],
    queryFn: () =>
      act(tenant, "/v1/gates/backtests", {
        policy: shown.text,
        profile: search.profile ?? shown.profiles[0] ?? null,
        since: new Date(now - days * DAY_MS).toISOString(),
        every_seconds: EVERY.find(([one]) => one === every)?.[2] ?? 86_400,
      }),
  });
  return (
    <View
      query={query}
      empty={{
        when: ({ decisions }) => decisions.length === 0,
        says: "There is no instant in this span.",
        command: "countermark gate backtest policies/canary.yaml --since 7d",
      }}
    >
      {({ decisions }) => <Picture decisions={decisions} />}
    </View>
  );
}

function Picture({ decisions }: { readonly decisions: readonly Decision[] }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const one = decisions.find(({ decided_at }) => decided_at === chosen);
  const go = decisions.filter(({ verdict }) => verdict === "GO").length;
  return (
    <>
      <p>
        GO at {go} of {decisions.length} instants
      </p>
      <ol className="instants" aria-label="decisions, the oldest first">
        {decisions.map(({ decided_at, verdict, blocked_by }) => {
          const says = `${verdict} at ${utcSecond(decided_at)}${blocked_by.length === 0 ? "" : `, blocked by ${blocked_by.join(", ")}`}`;
          return (
            <li key={decided_at}>
              <button
                type="button"
                className={`instant ${VERDICT_LOOKS[verdict].tone}`}
                aria-label={says}
                aria-pressed={decided_at === chosen}
                title={says}
                onClick={() => setChosen(decided_at === chosen ? null : decided_at)}
              >
                {verdict === "GO" ? "✓" : "✕"}
              </button>
            </li>
          );
        })}
      </ol>
      <p className="ends soft">
        <span>{utcSecond(decisions[0]?.decided_at ?? "")}</span>
        <span>{utcSecond(decisions.at(-1)?.decided_at ?? "")}</span>
      </p>
      <GateLines lines={linesOf(decisions)} />
      {one === undefined ? (
        <p className="soft">choose an instant to see its gates</p>
      ) : (
        <>
          <h3>
            {one.verdict} at {utcSecond(one.decided_at)}
          </h3>
          <GateTable gates={one.gates} />
        </>
      )}
    </>
  );
}
