import type { Json } from "../../contracts/index.ts";

export type ReportStatus = "passed" | "failed" | "unverified" | "unrecognised";

const WORDS: ReadonlyMap<string, ReportStatus> = new Map([
  ["passed", "passed"],
  ["pass", "passed"],
  ["ok", "passed"],
  ["success", "passed"],
  ["healthy", "passed"],
  ["failed", "failed"],
  ["fail", "failed"],
  ["error", "failed"],
  ["breach", "failed"],
  ["hard_fail", "failed"],
  ["unverified", "unverified"],
  ["unknown", "unverified"],
  ["pending", "unverified"],
  ["partial", "unverified"],
  ["warning", "unverified"],
  ["insufficient_data", "unverified"],
]);

/** What a report's status says, however its producer spells it. Nothing that is not known is ever taken for passed. */
export const reportStatus = (raw: Json | undefined): ReportStatus =>
  typeof raw === "string" ? (WORDS.get(raw.trim().toLowerCase()) ?? "unrecognised") : "unrecognised";
