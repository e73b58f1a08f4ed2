export * from "./call.ts";
export * from "./contract.ts";
export * from "./tool.ts";
