import { assert, type JsonObject, Stop, sha256Hex, systemHost } from "../src/contracts/index.ts";
import {
  admit,
  type CallFacts,
  type CallRequest,
  createRegistry,
  type PerformPorts,
  perform,
  type RegisteredTool,
  resolveCall,
  settle,
} from "../src/guard/index.ts";
import { type StreamHead, sealEvent } from "../src/ledger/index.ts";
import { median } from "./pairs.ts";
import { benchPack, benchTools, STEPS_PER_RUN, tenantOf } from "./subject.ts";

/** What our own code spends on one READ call, apart from the run that makes it and the database that records it. */
export interface GuardsFigure {
  /** Microseconds of the process's CPU a call, medians of the rounds: all sixteen stages and the redacted trace. */
  readonly guards_us: number;
  /** The call's event: canonical text, two digests, its id, chained. */
  readonly hashing_us: number;
  readonly together_us: number;
  /** SHA-256 of two texts of the same lengths: hashing cannot go below it. */
  readonly digests_alone_us: number;
}

const host = systemHost();
const TENANT = tenantOf(0);
const PACK = benchPack(STEPS_PER_RUN);
const SALT = new Uint8Array(32);

const FRAME = {
  tenant: TENANT,
  stream: host.ids.next(),
  correlation: host.ids.next(),
  causation: null,
  actor: "worker-1",
  channel: "ci",
  epoch: 1,
  dedupKey: null,
} as const;

/** About as long as the canonical text of an entry. */
const ENTRY_LENGTH = 620;

/** One call after another in this process. A round is as many as asked; one more is made before, for the compiler. */
export async function measureGuards(asked: { readonly calls: number; readonly rounds: number }): Promise<GuardsFigure> {
  const tool = registeredTool();
  const figures: GuardsFigure[] = [];
  for (let round = 0; round <= asked.rounds; round++) figures.push(await measureRound(tool, asked.calls));
  const of = (member: keyof GuardsFigure) =>
    Number(median(figures.slice(1).map((figure) => figure[member])).toFixed(1));
  return {
    guards_us: of("guards_us"),
    hashing_us: of("hashing_us"),
    together_us: of("together_us"),
    digests_alone_us: of("digests_alone_us"),
  };
}

async function measureRound(tool: RegisteredTool, calls: number): Promise<GuardsFigure> {
  const payloads: JsonObject[] = [];
  const guards_us = await cpuOf(calls, async (nth) => void payloads.push(await guarded(tool, nth)));
  let head: StreamHead = { seq: 0, hash: "0".repeat(64) };
  let length = 0;
  const hashing_us = await cpuOf(calls, async (nth) => {
    const recordedAt = host.clock.now();
    const proposed = { type: "step.succeeded", at: recordedAt, step: "step_3", payload: payloads[nth] ?? {} };
    const sealed = sealEvent({ proposed, head, frame: FRAME, recordedAt, ids: host.ids });
    head = { seq: sealed.entry.seq, hash: sealed.hash };
    length = sealed.payload_text.length;
  });
  const [payload, entry] = ["x".repeat(length), "x".repeat(ENTRY_LENGTH)];
  const digests_alone_us = await cpuOf(calls, async () => {
    sha256Hex(payload);
    sha256Hex(entry);
  });
  return { guards_us, hashing_us, together_us: guards_us + hashing_us, digests_alone_us };
}

/** Microseconds of CPU that each of so many calls took. */
async function cpuOf(calls: number, work: (nth: number) => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  for (let nth = 0; nth < calls; nth++) await work(nth);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

function registeredTool(): RegisteredTool {
  const [tool] = benchTools();
  assert(tool !== undefined, "the bench has a tool");
  const registered = createRegistry().register(tool);
  assert(registered.ok, "its contract is sound");
  return registered.value;
}

/** Passes one call through the guards and its handler; gives the payload of its event. */
async function guarded(tool: RegisteredTool, nth: number): Promise<JsonObject> {
  const request = requestOf(tool, nth);
  const now = host.clock.now();
  const resolution = resolveCall(request, tool, null);
  assert(resolution.ok, "the call resolves");
  const admission = admit(resolution.resolved, request, { ...FACTS, now, scope: PACK.pack.scopes[request.tool] });
  assert(admission.kind === "proceed", "the guards let it pass");
  const performed = await perform(admission.call, request, PORTS);
  const context = { request, startedAt: now, now: host.clock.now(), receiptId: null, salt: SALT };
  const { trace, output } = settle(admission.call, performed, context);
  return { attempt: 1, call: trace, lane: "main", patch: [{ op: "add", path: "/step_3", value: output }] };
}

const requestOf = ({ contract }: RegisteredTool, nth: number): CallRequest => ({
  tenantId: TENANT,
  principalId: "bench",
  runId: FRAME.stream,
  correlationId: FRAME.correlation,
  stepId: "step_3",
  attempt: 1,
  purpose: "step",
  tool: contract.name,
  version: contract.version,
  input: { value: { order_id: `${TENANT}_ord_${nth}`, page: 3 } },
  approvalAsked: null,
  document: {},
  runStartedAt: host.clock.now(),
});

const FACTS: Omit<CallFacts, "now" | "scope"> = {
  mode: "sandbox",
  workerTier: "HARDENED",
  epoch: 1,
  rule: undefined,
  revoked: false,
  dependencyOrigin: null,
  sandboxOrigins: [],
  bounds: PACK.pack.bounds,
  counters: { steps: 3, tool_calls: 3, tool_calls_per_type: {}, tokens: 0, active_ms: 0 },
  recentCalls: [],
  rateHits: [],
  record: null,
  approval: null,
  hold: null,
  breaker: null,
};

/** The bench's handlers ask for nothing. */
function nothing(): never {
  throw new Error("a handler of the bench reaches for something");
}
const refuse = async (): Promise<never> => nothing();

const PORTS: PerformPorts = {
  clock: host.clock,
  cancelled: new Stop(),
  egress: { mode: "sandbox", sandboxOrigins: [], fetch: refuse, resolve: refuse },
  salt: SALT,
  context: { credential: nothing, invoke: refuse, entity: refuse, open: refuse },
};
