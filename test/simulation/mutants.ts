import type { Fault, FaultKind, Violation } from "../../src/chaos/index.ts";
import { assert } from "../../src/contracts/index.ts";
import type { Query } from "../../src/store/index.ts";

/**
 * Errors that the program could have. Each is put into one simulation database, into the text of a function as it stands
 * there: the program itself has no switch for any of them.
 */
export interface Mutant {
  readonly name: string;
  /** A rule that it breaks. */
  readonly breaks: Violation["rule"];
  /** Workflows of the runs in which it is looked for, and what goes wrong there. */
  readonly runs: readonly string[];
  readonly faults: readonly FaultKind[] | ((seed: number) => readonly Fault[]);
  /** The database function that is changed: each of these texts for the other. */
  readonly sql?: { readonly of: string; readonly changes: readonly (readonly [from: string, to: string])[] };
  /** What is put beside it, and how that is taken away. */
  readonly install?: string;
  readonly remove?: string;
}

const sql = (of: string, ...changes: readonly (readonly [from: string, to: string])[]) => ({ sql: { of, changes } });

/** Moments of a short history, one a seed. */
const MOMENTS = 24;

const CRASH_AFTER = (seed: number): readonly Fault[] => [
  { kind: "crash", statement: 1 + (seed % MOMENTS), moment: "before" },
  { kind: "crash", point: "after_effect", nth: 1 },
];

export const MUTANTS: readonly Mutant[] = [
  {
    name: "a takeover does not raise the epoch",
    breaks: "N1",
    runs: ["debit", "debit", "debit"],
    faults: ["crash", "pause"],
    ...sql(
      "claim_due",
      ["set epoch = r.epoch + 1 where", "set epoch = r.epoch where"],
      ["epoch = r.epoch + 1, claims", "epoch = r.epoch, claims"],
      ["epoch := r.epoch + 1", "epoch := r.epoch"],
    ),
  },
  {
    name: "a commit is not fenced",
    breaks: "N1",
    runs: ["debit", "debit", "debit"],
    faults: ["pause"],
    ...sql("commit_flush", [" and run.version = i.version and run.epoch = i.epoch", ""]),
  },
  {
    name: "a live lease is taken",
    breaks: "N7",
    runs: ["debit", "debit", "debit"],
    faults: [],
    ...sql("claim_due", ["where d.due_at <= clock()", "where (d.due_at <= clock() or d.worker_id is not null)"]),
  },
  {
    name: "an expired lease is taken by nobody",
    breaks: "N7",
    runs: ["debit", "debit", "debit"],
    faults: ["crash"],
    ...sql("claim_due", ["where d.due_at <= clock()", "where d.due_at <= clock() and d.worker_id is null"]),
  },
  {
    name: "the event of a commit is not written",
    breaks: "N2",
    runs: ["debit", "debit", "debit"],
    faults: [],
    ...sql("commit_flush", ["where u.seq is not null", "where u.seq is not null and u.type <> 'run.ended'"]),
  },
  {
    name: "a run's row says another end than its events",
    breaks: "N4",
    runs: ["debit"],
    faults: [],
    ...sql("commit_flush", [
      "status = i.status,",
      "status = case when i.status = 'SUCCEEDED' then 'FAILED_EXPECTED' else i.status end,",
    ]),
  },
  {
    name: "a handoff is half written: the run moves and its earlier events do not",
    breaks: "N2",
    runs: ["both"],
    faults: [],
    ...sql("commit_flush", ["if mhi >= mlo then", "if false then"]),
  },
  {
    name: "intents are skipped",
    breaks: "N3",
    runs: ["debit", "debit", "debit"],
    faults: CRASH_AFTER,
    ...sql("make_claims", [
      "begin\n  if (x->>'control_revision')",
      "begin\n  return null;\n  if (x->>'control_revision')",
    ]),
  },
  {
    name: "an intent that is taken already is given again",
    breaks: "N3",
    runs: ["debit", "debit", "debit"],
    faults: [],
    ...sql("make_claims", [
      "if not found then raise exception 'reservation'",
      "if false then raise exception 'reservation'",
    ]),
  },
  {
    name: "a spent approval stays unspent",
    breaks: "N5",
    runs: ["pay", "pay"],
    faults: [],
    ...sql("make_claims", ["update approval set consumed_at = clock()", "update approval set consumed_at = null"]),
  },
  {
    name: "what came in while a run was held wakes nobody",
    breaks: "N7",
    runs: ["ship", "ship", "ship"],
    faults: ["webhook", "provider"],
    ...sql("commit_flush", [
      "case when due.signals > (i.rest->>'folded')::int then 0 else (i.rest->>'due_in_ms')::bigint / 1000.0 end",
      "(i.rest->>'due_in_ms')::bigint / 1000.0",
    ]),
  },
  {
    name: "what comes in while a run is at rest wakes nobody",
    breaks: "N7",
    runs: ["pay"],
    faults: [],
    ...sql("tell_run", [
      "case when worker_id is null then least(coalesce(due_at, clock()), clock()) else due_at end",
      "due_at",
    ]),
  },
  {
    name: "a redelivered webhook starts another run",
    breaks: "N7",
    runs: ["ship", "ship"],
    faults: ["webhook"],
    ...sql("begin_run", [
      "x->>'start_key', 'PENDING'",
      "(x->>'start_key') || case when exists (select 1 from run where start_key = x->>'start_key') then x->>'run_id' else '' end, 'PENDING'",
    ]),
    // A second delivery is taken for another event: without that, no start is tried at all.
    install: `
      create function public.forget_source() returns trigger language plpgsql as
      $$ begin new.source_event_id := new.source_event_id || new.event_id; return new; end $$;
      create trigger forget_source before insert on countermark.inbound_event
        for each row execute function public.forget_source()`,
    remove: "drop function public.forget_source cascade",
  },
];

/** Puts an error into a simulation database. The function returned takes it out again. */
export async function infect(owner: Query, { sql: change, install, remove }: Mutant): Promise<() => Promise<void>> {
  if (change === undefined) return async () => undefined;
  const [row] = await owner<{ definition: string }[]>`
    select pg_get_functiondef(p.oid) as definition
      from pg_proc p
     where p.pronamespace = 'countermark'::regnamespace and p.proname = ${change.of}`;
  assert(row !== undefined, `there is a function \`${change.of}\``);
  let mutated = row.definition;
  for (const [from, to] of change.changes) {
    assert(mutated.includes(from), `\`${change.of}\` says \`${from}\``);
    mutated = mutated.replaceAll(from, to);
  }
  await owner.unsafe(mutated);
  if (install !== undefined) await owner.unsafe(install);
  return async () => {
    await owner.unsafe(row.definition);
    if (remove !== undefined) await owner.unsafe(remove);
  };
}
