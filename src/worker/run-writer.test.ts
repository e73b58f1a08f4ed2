import { describe, expect, test } from "vitest";
import { after, assert, type Instant, seededHost } from "../contracts/index.ts";
import { initialState, runEvent } from "../run/index.ts";
import { openDatabase } from "../store/index.ts";
import type { Commit, CommitResult, LostClaim } from "./commit.ts";
import type { HeardControl, TenantControl } from "./control.ts";
import { Lease } from "./lease.ts";
import { type Failure, JUST_RECORD, RunWriter } from "./run-writer.ts";
import { IDENTITY, START } from "./testing/identity.ts";

const state = initialState(
  runEvent("run.started", START, null, {
    identity: IDENTITY,
    entry: "a",
    document: {},
    refusal: null,
  }),
);

const CONTROL: TenantControl = {
  tenantId: state.tenant_id,
  name: "shop",
  mode: "sandbox",
  status: "ACTIVE",
  revision: 1,
  revoked: new Set(),
  credentials: new Map(),
  sandboxOrigins: [],
  previousCredentials: new Map(),
  secrets: {
    open: (sealed) => sealed,
    seal: (text) => text,
    tokenKey: new Uint8Array(32),
    artifactKey: { tenant: state.tenant_id, id: "key", secret: new Uint8Array(32) },
  },
  packs: [],
  canary: null,
  unpromoted: [],
  promoted: null,
  hold: null,
};

const committed = (controlRevision = 1, lostClaim: LostClaim | null = null): CommitResult => ({
  kind: "committed",
  lostClaim,
  conflict: null,
  controlRevision,
});

interface Underway {
  readonly commit: Commit;
  readonly answer: (result: CommitResult) => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

/** A writer whose commits the test answers. Its database is never asked. */
function writing() {
  const host = seededHost(1, START);
  const commits: Underway[] = [];
  const broken: (Failure | null)[] = [];
  const committer = {
    commit: (commit: Commit) =>
      new Promise<CommitResult>((resolve, reject) => {
        commits.push({
          commit,
          answer: (result) => afterwards(() => resolve(result)),
          fail: (error) => afterwards(() => reject(error)),
        });
      }),
  };
  const lease = new Lease(host.clock, {
    tenantId: state.tenant_id,
    runId: state.run_id,
    epoch: 3,
    until: after(host.clock.now(), 60_000),
  });
  let heard: HeardControl | undefined;
  const room = {
    heard: () => heard,
    at: async (_tenant: string, revision: number, askedAt: Instant | null = null) => {
      const control = { ...CONTROL, revision };
      if (askedAt !== null) heard = { control, asOf: askedAt };
      return control;
    },
  };
  const writer = new RunWriter(
    {
      database: openDatabase({ url: "postgres://nobody@127.0.0.1:1/nothing" }),
      host,
      workerId: "worker-1",
      committer,
      control: room,
      onOutcome: () => undefined,
      onBroken: (failure) => void broken.push(failure),
    },
    {
      lease,
      control: CONTROL,
      file: { head: { seq: 1, hash: "0".repeat(64) }, row: { snapshot_seq: 0, version: 4 }, folded: 0 },
    },
  );
  const note = (reason: string) =>
    writer.add([runEvent("run.cancel_requested", host.clock.now(), null, { by: "test", reason })]);
  /** The commit that the writer has sent as its `nth`, from 0. */
  const sent = (nth: number): Underway => {
    const underway = commits[nth];
    assert(underway !== undefined, "so many commits were sent");
    return underway;
  };
  const pass = (ms: number) => host.clock.advanceTo(after(host.clock.now(), ms));
  /** What a commit of another run of the tenant told, that was sent now. */
  const hear = (revision: number) => room.at(state.tenant_id, revision, host.clock.now());
  return { writer, note, sent, commits, broken, pass, hear };
}

async function afterwards(act: () => void): Promise<void> {
  act();
  await turns();
}

/** Lets everything happen that waits for nothing outside. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await undefined;
}

/** A writer that has committed once just now, so that it may run ahead. */
async function fresh() {
  const test = writing();
  test.note("first");
  const first = test.writer.commit(state, JUST_RECORD);
  await turns();
  await test.sent(0).answer(committed());
  await first;
  return test;
}

const reasons = ({ commit }: Underway) =>
  commit.events.map(({ payload_text }) => String(JSON.parse(payload_text).reason));

/** Whether there is nothing to wait for, or it is settled already. */
async function isOver(promise: Promise<unknown> | null): Promise<boolean> {
  let over = promise === null;
  void promise?.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  await turns();
  return over;
}

describe("a run that runs ahead of its commits", () => {
  test("goes on while events are on their way, and those that come meanwhile are one commit, in order", async () => {
    const { writer, note, sent, commits } = await fresh();

    for (const reason of ["a", "b", "c"]) {
      note(reason);
      await writer.commitBehind(state);
    }
    await sent(1).answer(committed());
    await sent(2).answer(committed());
    await writer.settled();

    expect(commits.map(reasons)).toEqual([["first"], ["a"], ["b", "c"]]);
    expect(commits.map(({ commit }) => commit.version)).toEqual([4, 5, 6]);
    expect(sent(2).commit.events[0]?.entry).toMatchObject({ seq: 4, prev_hash: sent(1).commit.events[0]?.hash });
  });

  test("waits once sixteen events wait behind a commit", async () => {
    const { writer, note, sent } = await fresh();
    for (let ahead = 0; ahead < 16; ahead++) {
      note(`${ahead}`);
      await writer.commitBehind(state);
    }

    note("one too many");
    const waiting = writer.commitBehind(state);

    expect(await isOver(waiting)).toBe(false);
    await sent(1).answer(committed());
    expect(await isOver(waiting)).toBe(true);
  });

  test("waits for all of it before a claim is made, which rides with what is left", async () => {
    const { writer, note, sent, commits } = await fresh();
    note("a");
    await writer.commitBehind(state);
    note("b");
    await writer.commitBehind(state);

    const claiming = writer.commit(state, { ...JUST_RECORD, intent: { control_revision: 1 } });

    expect(await isOver(claiming)).toBe(false);
    expect(commits).toHaveLength(2);
    await sent(1).answer(committed());
    await sent(2).answer(committed(1, "control"));
    expect(reasons(sent(2))).toEqual(["b"]);
    expect(sent(2).commit.extras).toEqual({ intent: { control_revision: 1 } });
    expect(await claiming).toMatchObject({ lostClaim: "control" });
  });

  test("waits for what carries a row, since guards read rows back", async () => {
    const { writer, note, sent } = await fresh();
    note("a");
    writer.add([], { settle: [{ internal_key: "k" }] });

    const waiting = writer.commitBehind(state);

    expect(await isOver(waiting)).toBe(false);
    await sent(1).answer(committed());
    expect(await isOver(waiting)).toBe(true);
  });

  test("waits where the facts that it is judged by are older than 50 ms", async () => {
    const { writer, note, sent, pass } = await fresh();
    note("a");
    pass(51);

    const waiting = writer.commitBehind(state);

    expect(await isOver(waiting)).toBe(false);
    await sent(1).answer(committed(2));
    await waiting;
    expect(writer.control.revision).toBe(2);
  });

  test("waits before anybody has heard facts of its tenant", async () => {
    const { writer, note } = writing();
    note("a");

    expect(await isOver(writer.commitBehind(state))).toBe(false);
  });

  test("goes on by what another run of its tenant heard meanwhile", async () => {
    const { writer, note, pass, hear } = await fresh();
    note("a");
    pass(51);
    await hear(2);

    expect(await isOver(writer.commitBehind(state))).toBe(true);
    expect(writer.control.revision).toBe(2);
  });

  test("takes the facts of 50 ms ago for fresh", async () => {
    const { writer, note, pass } = await fresh();
    note("a");
    pass(50);

    expect(await isOver(writer.commitBehind(state))).toBe(true);
  });

  test("that is fenced writes nothing more, and says so at once", async () => {
    const { writer, note, sent, commits, broken } = await fresh();
    note("a");
    await writer.commitBehind(state);
    note("b");
    await writer.commitBehind(state);

    await sent(1).answer({ kind: "fenced" });

    expect(broken).toEqual([null]);
    expect(writer.isFenced).toBe(true);
    note("c");
    await writer.commitBehind(state);
    expect(await writer.commit(state, JUST_RECORD)).toEqual({ kind: "fenced" });
    expect(commits).toHaveLength(2);
  });

  test("whose commit fails writes nothing more, and says why at once and to whoever writes next", async () => {
    const { writer, note, sent, commits, broken } = await fresh();
    const gone = new Error("the database is gone");
    note("a");
    await writer.commitBehind(state);

    await sent(1).fail(gone);

    expect(broken).toEqual([{ error: gone }]);
    note("b");
    expect(() => writer.commitBehind(state)).toThrow(gone);
    await expect(writer.commit(state, JUST_RECORD)).rejects.toBe(gone);
    await writer.settled();
    expect(commits).toHaveLength(2);
  });
});
