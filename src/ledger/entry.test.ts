import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventEntry, GENESIS_HASH, instant, type Json, sha256Hex } from "../contracts/index.ts";
import { type EntryFrame, entryHash, sealEvent } from "./entry.ts";

const frame: EntryFrame = {
  tenant: "shop_abc",
  stream: "run-1",
  correlation: "corr-1",
  causation: null,
  actor: "agent-7",
  channel: "ci",
  epoch: 3,
  dedupKey: null,
};

const seal = (payload: Json, head = { seq: 0, hash: GENESIS_HASH }) =>
  sealEvent({
    proposed: { type: "step.completed", at: instant(1_000), step: "charge", payload },
    head,
    frame,
    recordedAt: instant(2_000),
    ids: { next: () => "event-1" },
  });

const text = fc.string({ unit: "grapheme", maxLength: 40 });
const textOrNull = fc.option(text);
const counter = fc.nat(Number.MAX_SAFE_INTEGER - 1);

const anyEntry: fc.Arbitrary<EventEntry> = fc.record({
  event_id: text,
  tenant: text,
  stream: text,
  seq: counter.map((n) => n + 1),
  type: text,
  at: text,
  recorded_at: text,
  correlation: text,
  causation: textOrNull,
  actor: text,
  channel: fc.constantFrom("prod_traffic", "controlled_fixture", "ci"),
  epoch: counter,
  step: textOrNull,
  severity: fc.constantFrom("info", "warning", "error"),
  dedup_key: textOrNull,
  payload_sha256: text,
  prev_hash: text,
});

describe("sealing an event", () => {
  it("the first entry of a stream has sequence 1 and the genesis hash before it", () => {
    const { entry } = seal({ amount: 1 });

    expect(entry.seq).toBe(1);
    expect(entry.prev_hash).toBe(GENESIS_HASH);
    expect(entry.severity).toBe("info");
    expect(entry.at).toBe("1970-01-01T00:00:01.000Z");
    expect(entry.recorded_at).toBe("1970-01-01T00:00:02.000Z");
  });

  it("the next entry extends the head", () => {
    const first = seal({});

    const second = seal({}, { seq: first.entry.seq, hash: first.hash });

    expect(second.entry.seq).toBe(2);
    expect(second.entry.prev_hash).toBe(first.hash);
  });

  it("the payload's digest is that of the text that is stored", () => {
    const sealed = seal({ b: 1, a: "é" });

    expect(sealed.payload_text).toBe('{"a":"é","b":1}');
    expect(sealed.entry.payload_sha256).toBe(sha256Hex(sealed.payload_text));
  });

  it("the hash is that of the entry's RFC 8785 text, whatever its members hold", () => {
    fc.assert(
      fc.property(anyEntry, (entry) => {
        expect(entryHash(entry)).toBe(sha256Hex(canonicalize(entry) ?? ""));
      }),
    );
  });

  it("a literal backslash before `ud` is text, a lone surrogate is refused", () => {
    const { entry } = seal({});

    const spelled = { ...entry, actor: "\\ud800" };
    expect(entryHash(spelled)).toBe(sha256Hex(canonicalize(spelled) ?? ""));
    expect(() => entryHash({ ...entry, actor: "\ud800" })).toThrow("lone surrogate");
  });

  it("a payload that is not plain JSON is a fault", () => {
    expect(() => seal({ amount: Number.NaN })).toThrow("not finite");
  });
});
