import type { TenantQuery } from "../../store/index.ts";

export interface CheckpointRow {
  readonly thread_id: string;
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly parent_checkpoint_id: string | null;
  readonly content: string;
  readonly payload_sha256: string;
}

export interface WriteRow {
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly lg_task_id: string;
  readonly idx: number;
  readonly channel: string;
  readonly content: string;
  readonly payload_sha256: string;
}

/** Rows that one read returns at most: more pending writes than a superstep of a thousand tasks has. */
const WRITES_MAX = 10_000;

/** The newest checkpoint of a thread's namespace, or exactly the one named; ids order as they were made. */
export const findCheckpoint = (sql: TenantQuery, threadId: string, checkpointNs: string, checkpointId: string | null) =>
  sql<CheckpointRow[]>`
  select thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, content, payload_sha256
    from agent_checkpoint
   where tenant_id = require_tenant_context() and thread_id = ${threadId} and checkpoint_ns = ${checkpointNs}
     and (${checkpointId}::text is null or checkpoint_id = ${checkpointId})
   order by checkpoint_id desc
   limit 1`;

/** How many checkpoints a thread has, of all its namespaces. */
export const countCheckpoints = (sql: TenantQuery, threadId: string) => sql<{ count: number }[]>`
  select count(*)::int as count from agent_checkpoint
   where tenant_id = require_tenant_context() and thread_id = ${threadId}`;

/** More than a run's graphs can have made: each of them ends at its recursion limit. */
const CHECKPOINT_IDS_MAX = 100_000;

/** Which checkpoints threads have, of all their namespaces. */
export const checkpointIdsOf = (sql: TenantQuery, threadIds: readonly string[]) => sql<{ checkpoint_id: string }[]>`
  select checkpoint_id from agent_checkpoint
   where tenant_id = require_tenant_context() and thread_id = any(${[...threadIds]}::text[])
   order by thread_id, checkpoint_ns, checkpoint_id
   limit ${CHECKPOINT_IDS_MAX}`;

/** Checkpoints of a thread, newest first; of every namespace where none is named. */
export const listCheckpoints = (
  sql: TenantQuery,
  threadId: string,
  page: { readonly checkpointNs: string | null; readonly before: string | null; readonly limit: number },
) => sql<CheckpointRow[]>`
  select thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, content, payload_sha256
    from agent_checkpoint
   where tenant_id = require_tenant_context() and thread_id = ${threadId}
     and (${page.checkpointNs}::text is null or checkpoint_ns = ${page.checkpointNs})
     and (${page.before}::text is null or checkpoint_id < ${page.before})
   order by checkpoint_id desc, checkpoint_ns
   limit ${page.limit}`;

/** What waits on the checkpoints named, in the order in which its tasks wrote it. */
export const writesOf = (sql: TenantQuery, threadId: string, checkpointIds: readonly string[]) => sql<WriteRow[]>`
  select checkpoint_ns, checkpoint_id, lg_task_id, idx, channel, content, payload_sha256
    from agent_write
   where tenant_id = require_tenant_context() and thread_id = ${threadId} and checkpoint_id = any(${checkpointIds}::text[])
   order by checkpoint_ns, checkpoint_id, lg_task_id, idx
   limit ${WRITES_MAX}`;
