import { describe, expect, test } from "vitest";
import { after, assert, type Instant, instant, seededRandom } from "../../contracts/index.ts";
import {
  fingerprint,
  isHeld,
  type LeaseRecord,
  type LeaseStatus,
  nextStatus,
  tokenHash,
  tokenOf,
} from "./lease-record.ts";
import { type Registered, type Registration, register, release, succeed, sweep, touch, writer } from "./registry.ts";

const START = instant(1_700_000_000_000);
const at = (seconds: number): Instant => after(START, seconds * 1_000);

const asked = (changes: Partial<Registration> = {}): Registration => ({
  lane: "controller",
  step_id: "S1",
  run_id: "R",
  thread_id: "thread-1",
  host_id: "host",
  pid: 1,
  ttl_seconds: 300,
  token_sha256: "token-1",
  ...changes,
});

const presented = { token_sha256: "token-1", run_id: "R", step_id: "S1" };

function done<T>({ leases, result }: Registered<T>): { readonly leases: readonly LeaseRecord[]; readonly value: T } {
  assert(result.ok, "the act is allowed");
  return { leases, value: result.value };
}

const refusal = <T>({ result }: Registered<T>) => (result.ok ? "allowed" : result.refusal.code);

const first = () => done(register([], asked(), { now: START, epochMin: 6 }));

const successor = (threadId: string, token = "token-2") => ({
  thread_id: threadId,
  host_id: "other",
  pid: 2,
  ttl_seconds: 600,
  token_sha256: ({ step_id }: LeaseRecord) => `${token}-${step_id}`,
});

describe("registering a lease", () => {
  test("CO-304 gives the step to who asks, with its machine and process, under the next epoch, for as long as was asked", () => {
    expect(first().value).toMatchObject({
      lane: "controller",
      thread_id: "thread-1",
      pid: 1,
      host_id: "host",
      status: "ACTIVE",
      epoch: 7,
      expiry: at(300),
      last_heartbeat_at: START,
      predecessor_token_fp: null,
    });
  });

  test("takes the lane `default` for the controller's", () => {
    expect(done(register([], asked({ lane: "default" }), { now: START, epochMin: 0 })).value.lane).toBe("controller");
  });

  test.each([
    ["the step is held", { lane: "lane-2" }],
    ["the controller's lane is held, on whatever step", { step_id: "S9" }],
  ])(
    "K-12 is refused with E_LOCK_CONFLICT while %s, and not from the moment at which that lease is over",
    (_, changes) => {
      const { leases } = first();
      const rival = asked({ token_sha256: "token-2", ...changes });

      expect(refusal(register(leases, rival, { now: at(299), epochMin: 0 }))).toBe("E_LOCK_CONFLICT");
      const late = done(register(leases, rival, { now: at(300), epochMin: 0 }));
      expect(late.leases.map(({ status, epoch }) => [status, epoch])).toEqual([
        ["EXPIRED", 7],
        ["ACTIVE", 8],
      ]);
    },
  );

  test("of another lane on another step goes beside the controller's", () => {
    const { leases } = first();

    const other = done(
      register(leases, asked({ lane: "lane-2", step_id: "S2", token_sha256: "t2" }), { now: START, epochMin: 0 }),
    );

    expect(other.leases.filter((lease) => isHeld(lease, START))).toHaveLength(2);
  });

  test.each([
    ["no step", { step_id: "" }],
    ["no thread", { thread_id: "" }],
    ["a pid of zero", { pid: 0 }],
    ["a pid below zero", { pid: -1 }],
    ["a time to live of zero", { ttl_seconds: 0 }],
  ])("with %s is refused", (_, changes) => {
    expect(refusal(register([], asked(changes), { now: START, epochMin: 0 }))).toBe("REQUEST_INVALID");
  });
});

describe("what a holder does with its lease", () => {
  test("expiry moves only at a renewal: 300 s, a beat after 30, a renewal to 600 after 60, released after 75", () => {
    const beat = done(touch(first().leases, presented, { now: at(30), ttlSeconds: null }));
    const renewed = done(touch(beat.leases, presented, { now: at(60), ttlSeconds: 600 }));
    const released = done(release(renewed.leases, presented, at(75)));

    expect(beat.value).toMatchObject({ expiry: at(300), last_heartbeat_at: at(30) });
    expect(renewed.value).toMatchObject({ expiry: at(660), last_heartbeat_at: at(60), ttl_seconds: 600 });
    expect(released.value).toMatchObject({ status: "RELEASED", expiry: at(660) });
  });

  test("a beat after the end expires the lease and is refused", () => {
    const late = touch(first().leases, presented, { now: at(300), ttlSeconds: null });

    expect(refusal(late)).toBe("E_LEASE_LOST");
    expect(late.leases).toMatchObject([{ status: "EXPIRED" }]);
  });

  test("a token shown for another run or step is refused without a word on which differs", () => {
    const { leases } = first();
    const wrong = [{ run_id: "Q" }, { step_id: "S2" }, { token_sha256: "x" }].map((changes) =>
      touch(leases, { ...presented, ...changes }, { now: START, ttlSeconds: null }),
    );

    expect(wrong.map(({ result }) => (result.ok ? "" : `${result.refusal.code} ${result.refusal.message}`))).toEqual(
      wrong.map(() => "E_LEASE_LOST no such lease"),
    );
  });

  test("K-13 a lease that was released is not released, renewed or beaten again", () => {
    const { leases } = done(release(first().leases, presented, at(1)));

    expect(refusal(release(leases, presented, at(2)))).toBe("STATE_TRANSITION_ILLEGAL");
    expect(refusal(touch(leases, presented, { now: at(2), ttlSeconds: null }))).toBe("STATE_TRANSITION_ILLEGAL");
    expect(refusal(touch(leases, presented, { now: at(2), ttlSeconds: 60 }))).toBe("STATE_TRANSITION_ILLEGAL");
  });

  test.each(["RELEASED", "EXPIRED", "TAKEN_OVER"] as const)("nothing follows %s", (from) => {
    for (const act of ["heartbeat", "renew", "release", "expire", "adopt"] as const) {
      const reason_code = `STATE.INVALID_TRANSITION.${from}.${act.toUpperCase()}`;
      expect(nextStatus(from, act)).toMatchObject({
        ok: false,
        refusal: { code: "STATE_TRANSITION_ILLEGAL", details: { reason_code } },
      });
    }
  });

  test("from ACTIVE each act leads where the table says", () => {
    const to = (["heartbeat", "renew", "release", "expire", "adopt"] as const).map((act) => nextStatus("ACTIVE", act));

    expect(to.map((next) => (next.ok ? next.value : ""))).toEqual<LeaseStatus[]>([
      "ACTIVE",
      "ACTIVE",
      "RELEASED",
      "EXPIRED",
      "TAKEN_OVER",
    ]);
  });
});

describe("succession", () => {
  test("K-13 adopts what lasts under a new token and epoch, and closes the old row as taken over", () => {
    const { leases } = first();

    const { leases: then, adopted, failed } = succeed(leases, successor("thread-2"), { now: at(10), epochMin: 0 });

    expect(then.map(({ status, epoch, thread_id }) => [status, epoch, thread_id])).toEqual([
      ["TAKEN_OVER", 7, "thread-1"],
      ["ACTIVE", 8, "thread-2"],
    ]);
    expect(adopted).toMatchObject([{ expiry: at(610), predecessor_token_fp: fingerprint("token-1") }]);
    expect(failed).toEqual([]);
  });

  test("S1 of the controller lasts, S2 of lane-2 has run out: S1 is adopted and S2 lost", () => {
    const two = done(
      register(first().leases, asked({ lane: "lane-2", step_id: "S2", ttl_seconds: 5, token_sha256: "t2" }), {
        now: START,
        epochMin: 0,
      }),
    );

    const { adopted, failed } = succeed(two.leases, successor("thread-2"), { now: at(10), epochMin: 0 });

    expect([adopted.map(({ step_id }) => step_id), failed.map(({ step_id }) => step_id)]).toEqual([["S1"], ["S2"]]);
  });

  test("CO-630 the old owner may not write after it, nor anybody whose lease is over", () => {
    const { leases } = first();
    const { leases: then } = succeed(leases, successor("thread-2"), { now: at(10), epochMin: 0 });

    const write = (token_sha256: string, epoch: number, now: Instant) => {
      const result = writer(then, { token_sha256, epoch }, now);
      return result.ok ? "written" : result.refusal.code;
    };

    expect(write("token-1", 7, at(11))).toBe("E_STALE_WRITER");
    expect(write("token-2-S1", 7, at(11))).toBe("E_STALE_WRITER");
    expect(write("token-2-S1", 8, at(11))).toBe("written");
    expect(write("token-2-S1", 8, at(610))).toBe("E_STALE_WRITER");
  });
});

test("a token is told by twelve digits of its hash", () => {
  const token = tokenOf(new Uint8Array(16).fill(171));

  expect(token).toBe(`lease_${"ab".repeat(16)}`);
  expect(fingerprint(tokenHash(token))).toMatch(/^fp:[0-9a-f]{12}$/);
});

/** One actor's next act, chosen by chance. */
function step(leases: readonly LeaseRecord[], random: { next(): number }, now: Instant): readonly LeaseRecord[] {
  const actor = Math.floor(random.next() * 8);
  const token_sha256 = `actor-${actor}`;
  const stepId = `S${Math.floor(random.next() * 3)}`;
  const mine = {
    token_sha256: leases.findLast(({ thread_id }) => thread_id === token_sha256)?.token_sha256 ?? "",
    run_id: "R",
    step_id: stepId,
  };
  switch (Math.floor(random.next() * 6)) {
    case 0:
    case 1: {
      const lane = random.next() < 0.4 ? "controller" : `lane-${stepId}`;
      const unique = `${token_sha256}-${leases.length}`;
      return register(
        leases,
        asked({ lane, step_id: stepId, thread_id: token_sha256, ttl_seconds: 1 + actor, token_sha256: unique }),
        { now, epochMin: 0 },
      ).leases;
    }
    case 2:
      return touch(leases, mine, { now, ttlSeconds: null }).leases;
    case 3:
      return touch(leases, mine, { now, ttlSeconds: 3 }).leases;
    case 4:
      return release(leases, mine, now).leases;
    default:
      return random.next() < 0.5
        ? sweep(leases, now)
        : succeed(leases, successor(token_sha256, `${token_sha256}-${leases.length}`), { now, epochMin: 0 }).leases;
  }
}

function expectSound(before: readonly LeaseRecord[], leases: readonly LeaseRecord[], now: Instant): void {
  const held = leases.filter((lease) => isHeld(lease, now));
  const owners = [
    ...held.map(({ step_id }) => step_id),
    ...held.flatMap(({ lane }) => (lane === "controller" ? [lane] : [])),
  ];
  const epochs = leases.map(({ epoch }) => epoch);
  assert(new Set(owners).size === owners.length, "a step and the controller's lane have one owner");
  assert(
    epochs.every((epoch, index) => epoch > (epochs[index - 1] ?? 0)),
    "epochs rise strictly",
  );
  const revived = before.some((lease, index) => lease.status !== "ACTIVE" && leases[index]?.status !== lease.status);
  assert(!revived, "what has ended stays so");
  const stale = leases.filter((lease) => lease.status !== "ACTIVE");
  assert(
    stale.every((lease) => !writer(leases, lease, now).ok),
    "no stale owner may write",
  );
}

test("10 000 histories of eight actors: one owner, epochs that rise, no stale writer", () => {
  const random = seededRandom(20_260_212);
  for (let history = 0; history < 10_000; history++) {
    let leases: readonly LeaseRecord[] = [];
    let now = START;
    for (let turn = 0; turn < 12; turn++) {
      now = after(now, Math.floor(random.next() * 2_500));
      const next = step(leases, random, now);
      expectSound(leases, next, now);
      leases = next;
    }
  }
}, 60_000);
