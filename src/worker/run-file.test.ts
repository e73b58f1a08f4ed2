import { describe, expect, test } from "vitest";
import { assert, GENESIS_HASH, type Json, type ProposedEvent, seededHost } from "../contracts/index.ts";
import { type StoredEvent, sealEvent } from "../ledger/index.ts";
import { type RunEvent, type RunRow, runEvent } from "../run/index.ts";
import { BrokenRun, openRead, type RunRead } from "./run-file.ts";
import { IDENTITY, START } from "./testing/identity.ts";

/** A run that has begun and was signalled so often, as its stream is stored. */
function streamOf(signals: number): readonly StoredEvent[] {
  const { ids } = seededHost(1, START);
  const started = { identity: IDENTITY, entry: "a", document: {}, refusal: null };
  const events: RunEvent[] = [runEvent("run.started", START, null, started)];
  for (let nth = 1; nth <= signals; nth++)
    events.push(
      runEvent("signal.received", START, null, {
        signal_id: `signal-${nth}`,
        event_type: "paid",
        entity_id: null,
        payload: {},
      }),
    );
  const frame = {
    tenant: IDENTITY.tenant_id,
    stream: IDENTITY.run_id,
    correlation: IDENTITY.correlation_id,
    causation: null,
    actor: "worker-1",
    channel: IDENTITY.channel,
    epoch: 1,
    dedupKey: null,
  };
  let head = { seq: 0, hash: GENESIS_HASH };
  return events.map((event) => {
    const proposed = event as ProposedEvent<string, Json>;
    const sealed = sealEvent({ proposed, head, frame, recordedAt: START, ids });
    head = { seq: sealed.entry.seq, hash: sealed.hash };
    const { tenant: _, ...stored } = sealed.entry;
    return { ...stored, at: START, recorded_at: START, hash: sealed.hash, payload: sealed.payload_text };
  });
}

/** What was read of the run when its stream was `entries`, with the first so many of them. */
function readOf(entries: readonly StoredEvent[], first: number): RunRead {
  const last = entries.at(-1);
  assert(last !== undefined, "a stream has an entry");
  const row: RunRow = {
    ...{ ...IDENTITY, stream_day: "2026-01-30", status: "RUNNING", outcome: null, code: null, epoch: 1, version: 1 },
    ...{
      head_seq: last.seq,
      head_hash: last.hash,
      snapshot: null,
      snapshot_seq: 0,
      document_sha256: null,
      cost_micros: 0,
    },
    ...{ updated_at: START, ended_at: null },
  };
  return {
    ...{ row, head: { seq: last.seq, hash: last.hash }, inbox: [], folded: 0 },
    first: entries.slice(0, first),
  };
}

describe("a run is opened", () => {
  test("from what was read with it, where that is all", async () => {
    const entries = streamOf(198);

    const opened = await openRead(readOf(entries, 200), () => Promise.reject(new Error("there is no more")));

    expect(opened.state.signals).toHaveLength(198);
  });

  test("from the rest too, read after the last of the first", async () => {
    const entries = streamOf(450);
    const asked: number[] = [];

    const opened = await openRead(readOf(entries, 200), async (afterSeq) => {
      asked.push(afterSeq);
      return entries.slice(afterSeq);
    });

    expect(asked).toEqual([200]);
    expect(opened.state.signals.map(({ signal_id }) => signal_id)).toEqual(
      Array.from({ length: 450 }, (_, index) => `signal-${index + 1}`),
    );
  });

  test("not where the rest is not what was written", async () => {
    const entries = streamOf(450);

    const opening = openRead(readOf(entries, 200), async () => entries.slice(201));

    await expect(opening).rejects.toThrow(BrokenRun);
    await expect(opening).rejects.toMatchObject({ why: "EVENT_SEQUENCE_GAP" });
  });
});
