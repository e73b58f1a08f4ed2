import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, type EventEntry, GENESIS_HASH, instant, type JsonObject } from "../contracts/index.ts";
import { type SealedEvent, sealEvent } from "./entry.ts";
import { merkleRoot } from "./merkle.ts";
import { type StoredRow, verifyChain, verifyStream } from "./verify.ts";

const STREAM = { tenant: "shop_abc", stream: "run-1" };

/** A stream of `count` events, each with its number as payload. */
function streamOf(count: number): SealedEvent[] {
  const rows: SealedEvent[] = [];
  let head = { seq: 0, hash: GENESIS_HASH };
  for (let i = 1; i <= count; i++) {
    const row = sealEvent({
      proposed: { type: "step.completed", at: instant(i), step: `step-${i}`, payload: { number: i } },
      head,
      frame: {
        ...STREAM,
        correlation: "corr-1",
        causation: i === 1 ? null : `event-${i - 1}`,
        actor: "agent-7",
        channel: "ci",
        epoch: 1,
        dedupKey: null,
      },
      recordedAt: instant(i),
      ids: { next: () => `event-${i}` },
    });
    rows.push(row);
    head = { seq: i, hash: row.hash };
  }
  return rows;
}

const headOf = (rows: readonly SealedEvent[]) => ({ seq: rows.length, hash: rows.at(-1)?.hash ?? GENESIS_HASH });

const verify = (rows: readonly StoredRow<EventEntry>[], known = {}) => verifyStream(rows, STREAM, known);

const alter = (value: string | number | null): string | number =>
  typeof value === "number" ? value + 1 : value === null ? "altered" : `${value}x`;

describe("P1-D08 the reference chain of commerce-kernel 12.6", () => {
  const first = {
    actor: "agent-7",
    detail: { tool: "executeRefund" },
    event: "PERMISSION_DENIED",
    prev_hash: GENESIS_HASH,
    seq: 1,
    tenant_id: "shop_abc",
    ts: "2026-01-30T12:00:00.000Z",
  };
  const second = {
    ...first,
    detail: { severity: "HIGH", target_tenant: "shop_xyz" },
    event: "CROSS_TENANT_ATTEMPT",
    prev_hash: "c41b5236e15e0dfaba832b88756582419fbe0faf2ee4d534fe38b03b7f0265b9",
    seq: 2,
    ts: "2026-01-30T12:00:01.000Z",
  };
  const row = (entry: typeof first | typeof second) => ({ entry, hash: digestOf(entry), payload_text: null });

  it("P1-D08 hashes both entries and their Merkle root as published", () => {
    expect(digestOf(first)).toBe("c41b5236e15e0dfaba832b88756582419fbe0faf2ee4d534fe38b03b7f0265b9");
    expect(digestOf(second)).toBe("ba7c5290fd5ac784ce6b4ede281e821bd829a81b3dd395f858afb73ad4a9d1ce");
    expect(merkleRoot([digestOf(first), digestOf(second)])).toBe(
      "3975cf13cda2b6995bebadb6f7a75d5b83ebb6b2802a65e488b2d354edbeded4",
    );
  });

  it("P1-D08 verifies the chain and names the entry that was altered", async () => {
    const altered: JsonObject & typeof first = { ...first, detail: { tool: "sendEmail" } };

    const whole = await verifyChain([row(first), row(second)]);
    const broken = await verifyChain([{ ...row(first), entry: altered }, row(second)]);

    expect(whole).toMatchObject({ verified: 2, broken: null });
    expect(broken).toMatchObject({ verified: 0, broken: { seq: 1, rule: "altered_entry" } });
  });
});

describe("verifying a stream", () => {
  it("a stream as it was written verifies to its head, from rows or from a cursor", async () => {
    const rows = streamOf(5);
    async function* cursor() {
      yield rows.slice(0, 2);
      yield rows.slice(2);
    }

    expect(await verify(rows, { head: headOf(rows) })).toEqual({ verified: 5, head: headOf(rows), broken: null });
    expect(await verifyStream(cursor(), STREAM)).toMatchObject({ verified: 5, broken: null });
    expect(await verify([])).toEqual({ verified: 0, head: { seq: 0, hash: GENESIS_HASH }, broken: null });
  });

  it("a range verifies from the head before it", async () => {
    const rows = streamOf(5);

    expect(await verify(rows.slice(2), { from: headOf(rows.slice(0, 2)) })).toMatchObject({
      verified: 3,
      broken: null,
    });
    expect(await verify(rows.slice(2))).toMatchObject({ verified: 0, broken: { seq: 1, rule: "gap", found: "3" } });
  });

  it("erased payloads leave the chain whole", async () => {
    const erased = streamOf(5).map((row) => ({ ...row, payload_text: null }));

    expect(await verify(erased)).toMatchObject({ verified: 5, broken: null });
  });

  it("P1-D08 every altered field of every entry is found where it stands", async () => {
    const fields = Object.keys(streamOf(1)[0]?.entry ?? {});
    expect(fields).toHaveLength(17);

    await fc.assert(
      fc.asyncProperty(fc.nat(4), fc.constantFrom(...fields), async (index, field) => {
        const rows: StoredRow<EventEntry>[] = streamOf(5);
        const altered = Object.fromEntries(
          Object.entries(rows[index]?.entry ?? {}).map(([name, value]) => [
            name,
            name === field ? alter(value) : value,
          ]),
        );
        const tampered = rows.map((row, i) => (i === index ? { ...row, entry: { ...row.entry, ...altered } } : row));

        const report = await verify(tampered);

        expect(report.verified).toBe(index);
        expect(report.broken).toMatchObject({ seq: index + 1, rule: field === "seq" ? "gap" : "altered_entry" });
      }),
    );
  });

  it("an entry that was altered and hashed again breaks the link of the next one", async () => {
    const rows = streamOf(3);
    const forged = rows.map((row) => {
      if (row.entry.seq !== 2) return row;
      const entry = { ...row.entry, actor: "somebody" };
      return { ...row, entry, hash: digestOf({ ...entry }) };
    });

    expect(await verify(forged)).toMatchObject({ verified: 2, broken: { seq: 3, rule: "wrong_prev_hash" } });
  });

  it("an altered payload and an altered hash are found", async () => {
    const rows = streamOf(3);
    const change = (changed: Partial<StoredRow<EventEntry>>) =>
      verify(rows.map((row) => (row.entry.seq === 2 ? { ...row, ...changed } : row)));

    expect(await change({ payload_text: '{"number":3}' })).toMatchObject({
      verified: 1,
      broken: { seq: 2, rule: "altered_payload" },
    });
    expect(await change({ hash: GENESIS_HASH })).toMatchObject({ verified: 1, broken: { rule: "altered_entry" } });
  });

  it("a missing row is a gap, a moved one an order, a doubled one an order", async () => {
    const rows = streamOf(4);
    const pick = (...positions: readonly number[]) => verify(positions.flatMap((position) => rows[position - 1] ?? []));

    expect(await pick(1, 2, 4)).toMatchObject({ verified: 2, broken: { seq: 3, rule: "gap", found: "4" } });
    expect(await pick(1, 3, 2, 4)).toMatchObject({ verified: 1, broken: { seq: 2, rule: "reordered", found: "3" } });
    expect(await pick(1, 2, 2, 3)).toMatchObject({ verified: 2, broken: { seq: 3, rule: "reordered", found: "2" } });
  });

  it("rows of another stream or tenant do not belong", async () => {
    const foreign = await verifyStream(streamOf(2), { ...STREAM, tenant: "shop_xyz" });
    const other = await verifyStream(streamOf(2), { ...STREAM, stream: "run-2" });

    expect(foreign.broken).toEqual({ seq: 1, rule: "foreign_entry", expected: "shop_xyz", found: "shop_abc" });
    expect(other.broken).toEqual({ seq: 1, rule: "foreign_entry", expected: "run-2", found: "run-1" });
  });

  it("a known head is reached, with its hash", async () => {
    const rows = streamOf(4);

    const cut = await verify(rows.slice(0, 3), { head: headOf(rows) });
    const other = await verify(rows, { head: { seq: 4, hash: GENESIS_HASH } });
    const grown = await verify(rows, { head: headOf(rows.slice(0, 3)) });

    expect(cut).toMatchObject({ verified: 3, broken: { seq: 4, rule: "truncated", expected: "4", found: "3" } });
    expect(other).toMatchObject({ verified: 3, broken: { seq: 4, rule: "head_mismatch" } });
    expect(grown).toMatchObject({ verified: 4, broken: null });
  });

  it("an entry that JSON has to escape verifies like any other, and its altered bytes are found", async () => {
    const actors = ['quote"', "line\n", "\u0007", "\\", "\u{1f512}"];
    const escaped = streamOf(1).flatMap((row) =>
      actors.map((actor) => {
        const entry = { ...row.entry, actor };
        return { ...row, entry, hash: digestOf({ ...entry }) };
      }),
    );

    for (const row of escaped) {
      expect((await verify([row])).broken).toBeNull();
      expect((await verify([{ ...row, entry: { ...row.entry, epoch: 2 } }])).broken?.rule).toBe("altered_entry");
    }
  });

  it("an entry with a member more, a member less or one of another type is altered, also where its plain text would be the same", async () => {
    const [row] = streamOf(1);
    const entries = [
      { more: 1 },
      { actor: undefined },
      { actor: null },
      { actor: 7 },
      { step: ["step-1"] },
      { epoch: "1" },
      { epoch: 1.5 },
      { actor: 'agent-7","at":"1970-01-01T00:00:00.001Z' },
    ].map((change) => ({ ...row?.entry, ...change }));

    for (const entry of entries) {
      const report = await verify(JSON.parse(JSON.stringify([{ ...row, entry }])));

      expect(report.broken?.rule).toBe("altered_entry");
    }
  });

  it("a row that is not canonical JSON is a break, not a crash", async () => {
    const rows = streamOf(1).map((row) => ({ ...row, entry: { ...row.entry, actor: "\ud800", epoch: -1 } }));

    expect(await verify(rows)).toMatchObject({ broken: { seq: 1, rule: "altered_entry" } });
  });
});
