import type { AssertionId, Fault, FaultKind, SimulationWorld, Violation } from "../../src/chaos/index.ts";
import { simulationTools } from "../../src/chaos/simulation-pack.ts";
import { equipped } from "../../src/chaos/simulation-world.ts";
import { assert } from "../../src/contracts/index.ts";
import type { Tool } from "../../src/guard/index.ts";
import type { Query } from "../../src/store/index.ts";
import type { CodeError } from "./code-errors.ts";

/**
 * Errors that the program could have. Each is put into one simulation: into the text of a database function as it stands
 * there, into a tool, or into a module as the test loads it. The program itself has no switch for any of them.
 */
export interface Mutant {
  readonly name: string;
  /** A rule that it breaks. */
  readonly breaks: Violation["rule"];
  /** The assertions that fail in the history in which it is found: those, and no others. */
  readonly fails: readonly AssertionId[];
  /** Workflows of the runs in which it is looked for, and what goes wrong there. */
  readonly runs: readonly string[];
  readonly faults: readonly FaultKind[] | ((seed: number) => readonly Fault[]);
  /** The first seed that shows it, where that is not one of the first. */
  readonly seen?: number;
  /** The database function that is changed: each of these texts for the other. */
  readonly sql?: { readonly of: string; readonly changes: readonly (readonly [from: string, to: string])[] };
  /** What is put beside it, and how that is taken away. */
  readonly install?: string;
  readonly remove?: string;
  /** What each tool is instead. */
  readonly tool?: (tool: Tool) => Tool;
  /** What a function of the program does instead: see `code-errors.ts`. */
  readonly code?: CodeError;
}

const sql = (of: string, ...changes: readonly (readonly [from: string, to: string])[]) => ({ sql: { of, changes } });

/** Moments of a short history, one a seed. */
const MOMENTS = 24;

const CRASH_AFTER = (seed: number): readonly Fault[] => [
  { kind: "crash", statement: 1 + (seed % MOMENTS), moment: "before" },
  { kind: "crash", point: "after_effect", nth: 1 },
];

/** Owners that die while an effect is in flight, one after another. */
const crashes = (point: "after_intent" | "after_effect", count: number) => (): readonly Fault[] =>
  Array.from({ length: count }, (_, index) => ({ kind: "crash", point, nth: index + 1 }));

const firstRequest = (how: "answer_lost" | "late" | "unavailable") => (): readonly Fault[] => [
  { kind: "provider", request: 1, how },
];

const ofDebit =
  (broken: (tool: Tool) => Tool) =>
  (tool: Tool): Tool =>
    tool.contract.name === "debit" ? broken(tool) : tool;

const DEBITS = ["debit", "debit", "debit"];

/** Errors of leases, fences and the record. */
const OF_OWNERSHIP: readonly Mutant[] = [
  {
    name: "a takeover does not raise the epoch",
    breaks: "N1",
    fails: ["CONT-012"],
    runs: DEBITS,
    faults: ["crash", "pause"],
    ...sql(
      "claim_due",
      ["set epoch = r.epoch + 1 where", "set epoch = r.epoch where"],
      ["epoch = r.epoch + 1, claims", "epoch = r.epoch, claims"],
      ["epoch := r.epoch + 1", "epoch := r.epoch"],
    ),
  },
  {
    name: "a live lease is taken",
    breaks: "N1",
    fails: ["CONT-012"],
    runs: DEBITS,
    faults: [],
    ...sql("claim_due", ["where d.due_at <= clock()", "where (d.due_at <= clock() or d.worker_id is not null)"]),
  },
  {
    name: "a beat prolongs any lease, not its own epoch's alone",
    breaks: "N1",
    fails: ["CONT-012"],
    runs: DEBITS,
    faults: ["pause"],
    ...sql("renew_leases", [" and d.epoch = l.epoch and d.worker_id = p_worker", ""]),
  },
  {
    name: "a commit is not fenced",
    breaks: "N1",
    fails: ["CONT-014"],
    runs: ["both"],
    // The owner sleeps before its second commit reaches the database, and its successor before its first word.
    faults: () => [
      { kind: "pause", statement: 2, of: "commit_flush", moment: "before", ms: 9_000 },
      { kind: "pause", point: "after_takeover", nth: 1, ms: 9_000 },
    ],
    ...sql("commit_flush", [" and run.version = i.version and run.epoch = i.epoch", " and run.version = i.version"]),
  },
  {
    name: "an expired lease is taken by nobody",
    breaks: "N7",
    fails: [],
    runs: DEBITS,
    faults: ["crash"],
    ...sql("claim_due", ["where d.due_at <= clock()", "where d.due_at <= clock() and d.worker_id is null"]),
  },
  {
    name: "an entry of a takeover is lost",
    breaks: "N2",
    fails: ["CONT-003"],
    runs: ["debit"],
    faults: crashes("after_intent", 1),
    install: `
      create function public.lose_entry() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger lose_entry before insert on countermark.event
        for each row when (new.type = 'handoff.applied') execute function public.lose_entry()`,
    remove: "drop function public.lose_entry cascade",
  },
  {
    name: "an entry is cut off",
    breaks: "N2",
    fails: ["CONT-004"],
    runs: ["debit"],
    faults: [],
    ...sql("commit_flush", ["u.prev, u.hash, u.payload\n", "u.prev, u.hash, left(u.payload, 9)\n"]),
  },
  {
    name: "a payload is stored with one byte more than was hashed",
    breaks: "N2",
    fails: ["CONT-013"],
    runs: ["debit"],
    faults: [],
    ...sql("commit_flush", ["u.prev, u.hash, u.payload\n", "u.prev, u.hash, u.payload || ' '\n"]),
  },
  {
    name: "a handoff is half written: the run moves and its earlier events do not",
    breaks: "N2",
    fails: ["CONT-013"],
    runs: ["both"],
    faults: [],
    ...sql("commit_flush", ["if mhi >= mlo then", "if false then"]),
  },
  {
    name: "the event of a commit is not written",
    breaks: "N2",
    fails: ["CONT-003"],
    runs: DEBITS,
    faults: [],
    ...sql("commit_flush", ["where u.seq is not null", "where u.seq is not null and u.type <> 'run.ended'"]),
  },
  {
    name: "a run's row says another end than its events",
    breaks: "N4",
    fails: ["CONT-015"],
    runs: ["debit"],
    faults: [],
    ...sql("commit_flush", [
      "status = i.status,",
      "status = case when i.status = 'SUCCEEDED' then 'FAILED_EXPECTED' else i.status end,",
    ]),
  },
  {
    name: "what is decided depends on what is not recorded",
    breaks: "N4",
    fails: ["CONT-010"],
    runs: ["debit"],
    faults: firstRequest("unavailable"),
    code: "codes by chance",
  },
  {
    name: "entries show as another version of the continuity contract",
    breaks: "N2",
    fails: ["CONT-011"],
    runs: ["debit"],
    faults: [],
    code: "another contract",
  },
  {
    name: "a takeover rewrites the evidence of what was done before it",
    breaks: "N6",
    fails: ["CONT-020"],
    runs: ["both"],
    faults: (seed) => [{ kind: "crash", point: "after_intent", nth: 2 + (seed % 2) }],
    install: `
      create function public.rewrite_evidence() returns trigger language plpgsql security definer as
      $$ begin update countermark.receipt set result_sha256 = repeat('0', 64) where execution_id = new.run_id; return null; end $$;
      create trigger rewrite_evidence after insert on countermark.takeover
        for each row execute function public.rewrite_evidence()`,
    remove: "drop function public.rewrite_evidence cascade",
  },
];

const ofTakeover = (name: string, assertion: AssertionId, more: Partial<Mutant>): Mutant => ({
  name,
  breaks: "N8",
  fails: [assertion],
  runs: ["debit"],
  faults: crashes("after_intent", 1),
  ...more,
});

/** Errors of what is on record about takeovers. */
const OF_TAKEOVERS: readonly Mutant[] = [
  ofTakeover(
    "a takeover is noted a second early",
    "CONT-001",
    sql("note_takeover", [
      ":= date_trunc('milliseconds', clock())",
      ":= date_trunc('milliseconds', clock()) - interval '1 s'",
    ]),
  ),
  ofTakeover("a successor goes on elsewhere", "CONT-002", { code: "resumes elsewhere" }),
  ofTakeover("a takeover gives a reason that was not decided", "CONT-005", { code: "another reason" }),
  ofTakeover("that a takeover was reported is forgotten", "CONT-006", {
    faults: crashes("after_intent", 2),
    install: `
      create function public.forget_report() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger forget_report before update on countermark.takeover
        for each row execute function public.forget_report()`,
    remove: "drop function public.forget_report cascade",
  }),
  ofTakeover("a lost step counts as adopted", "CONT-007", { code: "adopts what is lost" }),
  ofTakeover(
    "a successor's lease is over as it begins",
    "CONT-008",
    sql("claim_due", ["due_at = clock() + make_interval(secs => p_lease_ms / 1000.0)", "due_at = clock()"]),
  ),
  ofTakeover("a takeover is timed by another clock", "CONT-018", { code: "the wall clock" }),
  ofTakeover("a lost step goes on by itself", "CONT-019", { code: "no fresh lease" }),
];

/** Errors of effects. */
const OF_EFFECTS: readonly Mutant[] = [
  {
    name: "intents are skipped",
    breaks: "N3",
    fails: ["CONT-016"],
    runs: DEBITS,
    faults: CRASH_AFTER,
    ...sql("write_extras", ["if claims_key_alone", "if true then\n      continue;\n    elsif claims_key_alone"]),
  },
  {
    name: "an intent that is taken already is given again",
    breaks: "N3",
    fails: ["CONT-016"],
    runs: DEBITS,
    faults: [],
    ...sql("claim_keys", ["where run not in", "where false and run not in"]),
  },
  {
    name: "an unknown outcome is recorded as no effect",
    breaks: "N3",
    fails: ["CONT-016"],
    runs: ["debit"],
    faults: firstRequest("answer_lost"),
    ...sql("write_records", [
      "set status = s.status, result",
      "set status = case s.status when 'UNKNOWN' then 'FAILED_NO_EFFECT' else s.status end, result",
    ]),
  },
  {
    // A step's attempts count what had no effect, so it takes two runs that ask for one thing to show it.
    name: "an idempotency key names the attempt",
    breaks: "N3",
    fails: ["CONT-016"],
    runs: DEBITS,
    faults: firstRequest("unavailable"),
    code: "keys of attempts",
  },
  {
    name: "an idempotency key names the epoch",
    breaks: "N3",
    fails: ["CONT-016"],
    runs: ["both"],
    faults: crashes("after_effect", 1),
    code: "keys of epochs",
  },
  {
    name: "a look-up is believed before the provider can have settled",
    breaks: "N3",
    fails: ["CONT-016"],
    runs: ["debit"],
    faults: firstRequest("late"),
    tool: ofDebit((tool) => ({ ...tool, contract: { ...tool.contract, settle_ms: 0 } })),
  },
  {
    name: "a look-up always says that nothing happened",
    breaks: "N3",
    fails: ["CONT-016"],
    runs: ["debit"],
    faults: firstRequest("answer_lost"),
    tool: ofDebit((tool) => ({ ...tool, lookup: async () => ({ kind: "absent" }) })),
  },
];

/** Errors of approvals, and of what wakes a run. */
const OF_WAITING: readonly Mutant[] = [
  {
    name: "a spent approval stays unspent",
    breaks: "N5",
    fails: ["CONT-017"],
    runs: ["pay", "pay"],
    faults: [],
    ...sql("make_claims", ["update approval set consumed_at = clock()", "update approval set consumed_at = null"]),
  },
  {
    name: "what came in while a run was held wakes nobody",
    seen: 22,
    breaks: "N7",
    fails: [],
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
    fails: [],
    runs: ["pay"],
    faults: [],
    ...sql("tell_run", [
      "case when worker_id is null then least(coalesce(due_at, clock()), clock()) else due_at end",
      "due_at",
    ]),
  },
  {
    name: "a redelivered webhook starts another run",
    seen: 36,
    breaks: "N7",
    fails: [],
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

export const MUTANTS: readonly Mutant[] = [...OF_OWNERSHIP, ...OF_TAKEOVERS, ...OF_EFFECTS, ...OF_WAITING];

/** The same world with an error in its database or its tools. `cure` takes it out again. */
export interface Infected {
  readonly world: SimulationWorld;
  cure(): Promise<void>;
}

export async function infect(world: SimulationWorld, mutant: Mutant): Promise<Infected> {
  const { owner } = world.database;
  const { sql: change, install, remove, tool } = mutant;
  const definition = change === undefined ? null : await mutate(owner, change);
  if (install !== undefined) await owner.unsafe(install);
  return {
    world: tool === undefined ? world : equipped(world.database, simulationTools().map(tool)),
    cure: async () => {
      if (definition !== null) await owner.unsafe(definition);
      if (remove !== undefined) await owner.unsafe(remove);
    },
  };
}

/** Changes a database function and gives its definition as it was. */
async function mutate(owner: Query, { of, changes }: NonNullable<Mutant["sql"]>): Promise<string> {
  const [row] = await owner<{ definition: string }[]>`
    select pg_get_functiondef(p.oid) as definition
      from pg_proc p
     where p.pronamespace = 'countermark'::regnamespace and p.proname = ${of}`;
  assert(row !== undefined, `there is a function \`${of}\``);
  let mutated = row.definition;
  for (const [from, to] of changes) {
    assert(mutated.includes(from), `\`${of}\` says \`${from}\``);
    mutated = mutated.replaceAll(from, to);
  }
  await owner.unsafe(mutated);
  return row.definition;
}
