/** Named places between which a crash must leave one effect and no lost run; tests stop the process there. */
export const CRASH_POINTS = ["before_intent", "after_intent", "after_effect", "after_outcome"] as const;

/** The same for what a graph does while its step's call is under way. */
export const AGENT_CRASH_POINTS = ["graph_started", "after_graph_call", "after_writes", "after_checkpoint"] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number] | (typeof AGENT_CRASH_POINTS)[number];

/** Told when a run passes a crash point. Production's does nothing. */
export type Reached = (point: CrashPoint, at: { readonly runId: string; readonly step: string }) => void;
