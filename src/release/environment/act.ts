import { type Host, type Json, type JsonObject, type Refusal, type Result, rejected } from "../../contracts/index.ts";
import { type ArtifactStore, AUDIT_STREAM, recordAct } from "../../ledger/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import type { Roster } from "../bundle/trust.ts";
import { type Environment, sourceOf, streamOf } from "./environment.ts";
import { lockEnvironment } from "./queries.ts";

/*
 * Acts on environments, of whatever kind.
 *
 * E2 Who moves an environment has it alone, and its source too, for as long as it takes to decide and to move; whoever finds it
 *    taken is told so and changes nothing.
 * E3 An act that is refused leaves the environment as it was, and is an entry of its stream; who did not get the environment (E2) has
 *    no entry there, but one among what the tenant's people tried.
 */

/** What moves reach the world through. */
export interface ReleasePorts {
  readonly database: Pick<Database, "app">;
  readonly host: Pick<Host, "clock" | "ids">;
  readonly artifacts: ArtifactStore;
  /** Whose signatures count; never from a bundle. */
  readonly roster: Roster;
}

export interface Act {
  readonly tenantId: string;
  readonly environment: Environment;
  /** The principal who acts. */
  readonly by: string;
}

/** What came of an act, and what the entry of a refused one says besides. */
export type Attempt<T> = Result<T> & { readonly about?: JsonObject };

/** One act on an environment, alone (E2); a refusal is recorded (E3). */
export function acting<T>(
  ports: ReleasePorts,
  act: Act,
  what: string,
  work: (sql: TenantQuery) => Promise<Attempt<T>>,
): Promise<Result<T>> {
  return inTenant(ports.database, act.tenantId, async (sql) => {
    const isAlone = await lockAll(sql, act.environment);
    const done: Attempt<T> = isAlone ? await work(sql) : rejected(locked(act.environment));
    if (done.ok) return done;
    const { refusal, about } = done;
    const { code, message } = refusal;
    const stream = isAlone ? streamOf(act.environment) : AUDIT_STREAM;
    const payload = { environment: act.environment, act: what, code, message, ...about };
    await recordAct(sql, ports.host, { ...whose(act), stream, type: "environment.refused", payload });
    return rejected(refusal);
  });
}

/** The source too, so that what was judged by still holds when the move is made. */
async function lockAll(sql: TenantQuery, environment: Environment): Promise<boolean> {
  const source = sourceOf(environment);
  return (source === null || (await lockEnvironment(sql, source))) && (await lockEnvironment(sql, environment));
}

/** An entry of the environment's stream. */
export const record = (
  ports: ReleasePorts,
  sql: TenantQuery,
  act: Act,
  { type, payload }: { readonly type: string; readonly payload: Json },
) => recordAct(sql, ports.host, { ...whose(act), stream: streamOf(act.environment), type, payload });

const whose = ({ tenantId, by }: Act) => ({ tenantId, by });

const locked = (environment: Environment): Refusal => ({
  code: "ENVIRONMENT_LOCKED",
  message: `another move of ${environment} is under way`,
});

export const empty = (environment: Environment): Refusal => ({
  code: "ENVIRONMENT_EMPTY",
  message: `${environment} holds no bundle`,
});
