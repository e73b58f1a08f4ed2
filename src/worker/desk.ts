import type { Host, Instant, Json } from "../contracts/index.ts";
import type {
  AdmittedCall,
  CallNote,
  CallRequest,
  EntityChange,
  IdempotencyRecord,
  PerformPorts,
  Registry,
  SandboxTier,
  SettleContext,
} from "../guard/index.ts";
import type { CompiledPack, PlannedCall, RunState, Stimulus } from "../run/index.ts";
import type { Database } from "../store/index.ts";
import type { CommitExtras, Intent } from "./commit.ts";
import type { TenantControl } from "./control.ts";
import type { FactsReader } from "./facts-reader.ts";

/** What a worker brings to every call it makes. */
export interface DeskOptions {
  readonly database: Pick<Database, "app">;
  readonly facts: Pick<FactsReader, "read">;
  readonly host: Host;
  readonly registry: Registry;
  readonly tier: SandboxTier;
  /** The way out of this process, under every handler's guarded one. */
  readonly network: Pick<PerformPorts["egress"], "fetch" | "resolve">;
  /** The program in which graphs run, where it is not the one that is built beside this: a file that Node can start. */
  readonly graphProgram?: string;
  /** Opens sealed references with a tenant's key. */
  readonly openSealed: (control: TenantControl) => (value: Json) => Promise<Json>;
}

/** The run whose calls are judged, as of now. */
export interface RunFacts {
  readonly state: RunState;
  readonly pack: CompiledPack;
  readonly control: TenantControl;
  readonly epoch: number;
}

/** What is to be done about a planned call. */
export type Prepared =
  /** It is settled without a handler: refused, reused, or waiting for a person who was asked before. */
  | {
      readonly kind: "answer";
      readonly stimulus: Stimulus;
      readonly extras: CommitExtras;
      readonly notes?: readonly CallNote[];
    }
  /** A person is to be asked: the request is claimed first, and answered with `stimulus` once it is made. */
  | {
      readonly kind: "ask";
      readonly stimulus: Stimulus;
      readonly intent: Intent;
      readonly notes: readonly CallNote[];
    }
  /** Not before `at`; then it is prepared again. */
  | { readonly kind: "later"; readonly at: Instant; readonly busy: boolean }
  /** A handler runs once the intent is made; READ calls have none. */
  | {
      readonly kind: "start";
      readonly how: "handler" | "lookup";
      readonly request: CallRequest;
      readonly call: AdmittedCall;
      readonly intent: Intent | null;
      /** Milliseconds that the clock which stamps records is ahead of this process's. */
      readonly aheadMs: number;
    };

/** What an attempt gave: the answer for the run, and the rows that become true with it. */
export interface Attempted {
  /** Null: nothing happened and nothing is to be recorded; the call is prepared again. */
  readonly stimulus: Stimulus | null;
  readonly extras: CommitExtras;
  readonly notes?: readonly CallNote[];
  readonly entities: readonly EntityChange[];
  readonly costMicros: number;
}

/** Of a call that no guard counted. */
export const NOTHING_SPENT = { tool_calls: [], tokens: 0, marks: [] } as const;

/** Names a planned call in its answer. */
export const refOf = ({ lane, step, attempt }: PlannedCall) => ({ lane, step, attempt });

/** What guards need to know to settle an attempt that started at `startedAt`; only one with a record has a receipt. */
export const settleContext = (
  desk: DeskOptions,
  run: RunFacts,
  { request, startedAt, record }: Pick<SettleContext, "request" | "startedAt"> & { record: IdempotencyRecord | null },
): SettleContext => ({
  request,
  startedAt,
  now: desk.host.clock.now(),
  receiptId: record === null ? null : desk.host.ids.next(),
  salt: run.control.secrets.tokenKey,
});
