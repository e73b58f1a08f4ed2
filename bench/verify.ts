import { performance } from "node:perf_hooks";
import { assert, canonicalText, GENESIS_HASH, instant, seededHost, sha256Hex } from "../src/contracts/index.ts";
import { chainRow, type StoredEvent, sealEvent, verifyStream } from "../src/ledger/index.ts";
import { median } from "./pairs.ts";

/** What it takes to verify a stream, on one core, beside hashing the same bytes and nothing else. */
export interface VerifyFigure {
  readonly events: number;
  /** Medians of the rounds, in events per second. */
  readonly verified_per_s: number;
  readonly hashed_per_s: number;
  readonly ratio: number;
}

const TENANT = "bench";
const STREAM = "run-1";
/** With this much in it a payload is as long as that of a step that was driven. */
const FILLING = "x".repeat(600);

export async function measureVerify({
  events,
  rounds,
}: {
  readonly events: number;
  readonly rounds: number;
}): Promise<VerifyFigure> {
  const stored = streamOf(events);
  const texts = stored.map((row) => {
    const { entry, payload_text } = chainRow(TENANT, row);
    return [canonicalText({ ...entry }), payload_text ?? ""] as const;
  });
  const [verify, hash]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const [spent, least] = [await timed(() => verified(stored)), await timed(async () => hashed(texts))];
    if (round > 0) {
      verify.push(spent);
      hash.push(least);
    }
  }
  const [verifyMs, hashMs] = [median(verify), median(hash)];
  const perSecond = (ms: number) => Math.round((events * 1000) / ms);
  return {
    events,
    verified_per_s: perSecond(verifyMs),
    hashed_per_s: perSecond(hashMs),
    ratio: Number((verifyMs / hashMs).toFixed(2)),
  };
}

function streamOf(events: number): readonly StoredEvent[] {
  const { ids } = seededHost(1);
  const stored: StoredEvent[] = [];
  let head = { seq: 0, hash: GENESIS_HASH };
  for (let index = 0; index < events; index++) {
    const at = instant(Date.UTC(2026, 2, 8) + index);
    const { entry, hash, payload_text } = sealEvent({
      proposed: { type: "call.finished", at, step: `step-${index % 10}`, payload: { index, filling: FILLING } },
      head,
      frame: {
        tenant: TENANT,
        stream: STREAM,
        correlation: "c-1",
        causation: null,
        actor: "worker-1",
        channel: "prod_traffic",
        epoch: 1,
        dedupKey: null,
      },
      recordedAt: at,
      ids,
    });
    const row: StoredEvent = { ...entry, at, recorded_at: at, hash, payload: payload_text };
    stored.push(JSON.parse(JSON.stringify(row))); // texts in one piece, as a driver reads them
    head = { seq: entry.seq, hash };
  }
  return stored;
}

async function verified(stored: readonly StoredEvent[]): Promise<void> {
  const { verified: count, broken } = await verifyStream(rowsOf(stored), { tenant: TENANT, stream: STREAM });
  assert(broken === null && count === stored.length, "the stream holds");
}

/** One after the other, as they are read page by page. */
function* rowsOf(stored: readonly StoredEvent[]) {
  for (const row of stored) yield chainRow(TENANT, row);
}

function hashed(texts: readonly (readonly [string, string])[]): void {
  for (const [entry, payload] of texts) {
    sha256Hex(entry);
    sha256Hex(payload);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
