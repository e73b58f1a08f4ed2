/** One governed call: the registry of tools, the ordered guards, the only edge at which a handler runs. */
export * from "./admit.ts";
export * from "./bounds.ts";
export * from "./breaker.ts";
export * from "./call.ts";
export * from "./contract.ts";
export * from "./define-tool.ts";
export * from "./egress.ts";
export * from "./hygiene.ts";
export * from "./idempotency.ts";
export * from "./network.ts";
export * from "./registry.ts";
export * from "./resolve.ts";
export * from "./sandbox.ts";
export * from "./tool.ts";
