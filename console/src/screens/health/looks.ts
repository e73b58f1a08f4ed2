import type { Breaker, DeadLetter, Takeovers, UnsettledEvents, Worker } from "../../api/wire.ts";
import type { Look } from "../../ui/tone.ts";

export const BREAKER_LOOKS: { readonly [S in Breaker["state"]]: Look } = {
  CLOSED: { label: "closed", tone: "good" },
  OPEN: { label: "open", tone: "bad" },
  HALF_OPEN: { label: "half open", tone: "wait" },
};

/** What a state of a breaker means for the next call. */
export const BREAKER_MEANS: { readonly [S in Breaker["state"]]: string } = {
  CLOSED: "calls go through",
  OPEN: "calls are refused",
  HALF_OPEN: "a few calls go through to see",
};

export const WORKER_LOOKS: { readonly [S in Worker["standing"]]: Look } = {
  working: { label: "working", tone: "good" },
  draining: { label: "draining", tone: "wait" },
  stopped: { label: "stopped", tone: "idle" },
  lost: { label: "lost", tone: "bad" },
};

export const EVENT_LOOKS: { readonly [S in UnsettledEvents["events"][number]["status"]]: Look } = {
  RECEIVED: { label: "stored", tone: "busy" },
  HELD_ORDERING: { label: "held for its turn", tone: "wait" },
  RECONCILE_QUEUED: { label: "to reconcile", tone: "bad" },
};

type Became = Takeovers["takeovers"][number]["effects"][number]["became"];

export const EFFECT_LOOKS: { readonly [S in Became]: Look } = {
  applied: { label: "happened once", tone: "good" },
  not_applied: { label: "did not happen", tone: "good" },
  unknown: { label: "unknown", tone: "bad" },
  open: { label: "being found out", tone: "wait" },
};

export const LETTER_KINDS: { readonly [K in DeadLetter["kind"]]: string } = {
  webhook: "an event that cannot be applied",
  blocked: "a run that was taken up too often",
  retry: "a step without attempts left",
  compensation: "an undoing that failed",
};
