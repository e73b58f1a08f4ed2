import { describe, expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import type { AgentInterrupt } from "../../run/index.ts";
import { admitCheckpoint, admitWrite, nextEntry } from "./entry.ts";

const asked = (rest: Partial<AgentInterrupt> = {}): AgentInterrupt => ({
  approval_id: "a1",
  attempt: 1,
  timeout_at: instant(1),
  interrupt_id: "61e6f944c1750385938aca7a25ba0258",
  ordinal: 0,
  value_digest: "d",
  checkpoint_ns: "",
  checkpoint_id: "c1",
  lg_task_id: "t1",
  decision: null,
  code: null,
  consumed: false,
  ...rest,
});

const answer = ({ approval_id }: AgentInterrupt) => ({ of: approval_id });
const resume = (lgTaskId: string) => ({ channel: "__resume__", lgTaskId });

describe("the next entry of a graph", () => {
  test("is its input while nothing is stored, and then on from the last checkpoint", () => {
    expect(nextEntry({ input: { log: [] }, hasCheckpoint: false, interrupts: [], answer })).toMatchObject({
      entry: { kind: "input", input: { log: [] } },
    });
    expect(nextEntry({ input: {}, hasCheckpoint: true, interrupts: [], answer })).toMatchObject({
      entry: { kind: "continue" },
    });
  });

  test("CO-2069 is none while its questions are open: a successor executes nothing", () => {
    expect(nextEntry({ input: {}, hasCheckpoint: true, interrupts: [asked()], answer })).toEqual({ kind: "wait" });
  });

  test("CO-2063 is one decision at a time, under the id of its interrupt", () => {
    const interrupts = [
      asked({ decision: "approved", consumed: true }),
      asked({ approval_id: "a2", decision: "approved" }),
    ];

    expect(nextEntry({ input: {}, hasCheckpoint: true, interrupts, answer })).toEqual({
      kind: "enter",
      entry: { kind: "resume", interruptId: "61e6f944c1750385938aca7a25ba0258", value: { of: "a2" } },
      approvalId: "a2",
    });
  });
});

describe("what a graph wants to store", () => {
  const open = asked({ decision: "approved" });

  test("CO-20.9-04 CO-20.9-05 CO-2064 an answer to an interrupt that is not open, or of 32 zeros, is E_APPROVAL_INVALID", () => {
    const used = asked({ decision: "approved", consumed: true });

    for (const [write, standing] of [
      [resume(used.interrupt_id), { interrupts: [used], answers: used }],
      [resume("0".repeat(32)), { interrupts: [open], answers: open }],
      [resume(open.interrupt_id), { interrupts: [open], answers: null }],
      [resume(open.interrupt_id), { interrupts: [asked()], answers: asked() }],
    ] as const) {
      expect(admitWrite(write, standing)).toMatchObject({ ok: false, refusal: { code: "E_APPROVAL_INVALID" } });
    }
  });

  test("the answer to the open interrupt, and what its task had been answered before, is taken", () => {
    expect(admitWrite(resume(open.interrupt_id), { interrupts: [open], answers: open }).ok).toBe(true);
    expect(admitWrite(resume("t1"), { interrupts: [asked({ consumed: true })], answers: null }).ok).toBe(true);
    expect(admitWrite({ channel: "log", lgTaskId: "t9" }, { interrupts: [], answers: null }).ok).toBe(true);
  });

  test("CO-20.9-07 new input while a question is open is E_APPROVAL_REQUIRED", () => {
    expect(admitCheckpoint("input", [asked()])).toMatchObject({ ok: false, refusal: { code: "E_APPROVAL_REQUIRED" } });
    expect(admitCheckpoint("loop", [asked()]).ok).toBe(true);
    expect(admitCheckpoint("input", [asked({ consumed: true })]).ok).toBe(true);
  });
});
