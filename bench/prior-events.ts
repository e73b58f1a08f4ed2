import type { Installation } from "../src/api/index.ts";
import { assert, formatInstant, GENESIS_HASH } from "../src/contracts/index.ts";
import { readStream, type StoredEvent, verifyStream } from "../src/ledger/index.ts";
import { inTenant, type TenantQuery } from "../src/store/index.ts";
import { benchPack, STEPS_PER_RUN, tenantOf } from "./subject.ts";

/** Events of a filled stream: the run's start, its steps and its end. */
const EVENTS_PER_STREAM = STEPS_PER_RUN + 2;

/** With this much in it a step's payload is as long as that of a step that was driven. */
const FILLING_BYTES = 740;

/** Streams between which one is verified after the fill. */
const VERIFIED_EVERY = 1_000;

/**
 * Fills the ledger with whole streams of runs that ended, spread over the tenants: hash-chained as the appender chains them,
 * with their run and due rows. Then statistics are taken and everything is written out, so that none of it weighs later.
 */
export async function fillLedger(
  installation: Installation,
  { events, tenants }: { readonly events: number; readonly tenants: number },
): Promise<void> {
  const { database } = installation;
  const streams = Math.ceil(events / EVENTS_PER_STREAM / tenants);
  const { config_hash: packDigest } = benchPack(STEPS_PER_RUN);
  for (let index = 0; index < tenants; index++) {
    const tenantId = tenantOf(index);
    await inTenant(database, tenantId, async (sql) => {
      const filled = await insertStreams(sql, { tenantId, streams, packDigest });
      for (let each = 0; each < filled.length; each += VERIFIED_EVERY)
        await assertWhole(sql, tenantId, filled[each]?.run_id ?? "");
    });
  }
  await database.owner`vacuum (analyze) countermark.event_default, countermark.run, countermark.due`;
  await database.owner`checkpoint`;
}

async function assertWhole(sql: TenantQuery, tenant: string, stream: string): Promise<void> {
  const stored = await readStream(sql, stream, 0, EVENTS_PER_STREAM);
  const { verified, broken } = await verifyStream(stored.map(rowOf(tenant)), { tenant, stream });
  assert(broken === null, "a filled stream's chain holds");
  assert(verified === EVENTS_PER_STREAM, "a filled stream is whole");
}

const rowOf =
  (tenant: string) =>
  ({ payload, hash, at, recorded_at, ...rest }: StoredEvent) => ({
    entry: { ...rest, tenant, at: formatInstant(at), recorded_at: formatInstant(recorded_at) },
    payload_text: payload,
    hash,
  });

/** Inserts so many ended runs of the tenant, each with its stream, in one statement: entry by entry over all streams. */
const insertStreams = (
  sql: TenantQuery,
  {
    tenantId,
    streams,
    packDigest,
  }: { readonly tenantId: string; readonly streams: number; readonly packDigest: string },
) => sql<{ run_id: string }[]>`
  with recursive shape as materialized (
    select seq, type, case when type = 'step.succeeded' then format('step_%s', seq - 2) end as step, payload,
           encode(sha256(convert_to(payload, 'UTF8')), 'hex') as payload_sha256
      from generate_series(1, ${EVENTS_PER_STREAM}::int) seq,
           lateral (select case seq when 1 then 'run.started' when ${EVENTS_PER_STREAM}::int then 'run.ended'
                           else 'step.succeeded' end as type) t,
           lateral (select format('{"filling":"%s","page":%s}', repeat('x', ${FILLING_BYTES}::int), seq) as payload) p
  ), stream as materialized (
    select format('%s-%s-7%s-8%s-%s', substr(id, 1, 8), substr(id, 9, 4), substr(id, 14, 3), substr(id, 18, 3), substr(id, 21)) as run_id,
           md5('correlation' || id) as correlation, md5('start' || id) as start_key, at,
           to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at_text
      from (select n, date_trunc('milliseconds', clock()) - n * interval '10 ms' as at
              from generate_series(1, ${streams}::int) n) s,
           lateral (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || md5(${tenantId}::text || n) as long) l,
           lateral (select left(long, 32) as id) i
  ), chain as (
    select run_id, correlation, at, at_text, 0 as seq, '' as event_id, '' as prev_hash, ${GENESIS_HASH}::text as hash from stream
    union all
    select c.run_id, c.correlation, c.at, c.at_text, s.seq, i.event_id, c.hash, encode(sha256(convert_to(format(
             '{"actor":"bench","at":"%s","causation":null,"channel":"ci","correlation":"%s","dedup_key":null,"epoch":1,"event_id":"%s",'
             '"payload_sha256":"%s","prev_hash":"%s","recorded_at":"%s","seq":%s,"severity":"info","step":%s,"stream":"%s",'
             '"tenant":"%s","type":"%s"}',
             c.at_text, c.correlation, i.event_id, s.payload_sha256, c.hash, c.at_text, s.seq,
             coalesce('"' || s.step || '"', 'null'), c.run_id, ${tenantId}::text, s.type), 'UTF8')), 'hex')
      from chain c join shape s on s.seq = c.seq + 1, lateral (select md5(c.run_id || s.seq) as event_id) i
  ), entries as (
    insert into event (tenant_id, stream_day, stream, seq, event_id, type, at, recorded_at, correlation, causation, actor,
        channel, epoch, step, severity, dedup_key, payload_sha256, prev_hash, hash, payload)
      select ${tenantId}, (at at time zone 'UTC')::date, run_id, seq, event_id, type, at, at, correlation, null, 'bench', 'ci', 1,
             step, 'info', null, payload_sha256, prev_hash, hash, payload
        from chain join shape using (seq)
  ), dues as (
    insert into due (tenant_id, kind, id, epoch) select ${tenantId}, 'run', run_id, 1 from stream
  )
  insert into run (tenant_id, run_id, stream_day, workflow_id, pack_id, pack_digest, correlation_id, principal_id, channel,
      start_key, status, outcome, epoch, version, head_seq, head_hash, started_at, updated_at, ended_at)
    select ${tenantId}, s.run_id, (s.at at time zone 'UTC')::date, 'read', 'bench', ${packDigest}, s.correlation, 'bench', 'ci',
           s.start_key, 'SUCCEEDED', 'SUCCESS', 1, c.seq - 2, c.seq, c.hash, s.at, s.at, s.at
      from stream s join chain c using (run_id)
     where c.seq = ${EVENTS_PER_STREAM}::int
    returning run_id`;
