import type { Instant, JsonObject } from "../contracts/index.ts";
import { listOf, numberOf, objectOf, rawOf, textOf } from "./document.ts";
import type { Paint } from "./output.ts";
import { statusOf } from "./run-lines.ts";
import { columns } from "./table.ts";
import { when } from "./when.ts";

/** Why a run is where it is in one sentence, what to type next, and what its record of owners says. */
export function diagnosisLines(run: JsonObject, now: Instant, paint: Paint): readonly string[] {
  const diagnosis = objectOf(run, "diagnosis");
  const report = objectOf(diagnosis, "report");
  const facts: readonly (readonly [string, string])[] = [
    ["status", statusOf(run, paint)],
    ["signs of life", heartbeatText(objectOf(report, "heartbeat"), now)],
    ["held by", holderText(report)],
    ["takeovers", takeoverText(report, now)],
    ["record", recordText(diagnosis, paint)],
  ];
  return [
    `run ${textOf(run, "run_id")} ${textOf(run, "why")}`,
    nextText(run, paint),
    "",
    ...columns(facts.map(([name, value]) => [`  ${name}`, value])),
    ...issueLines(diagnosis, paint),
  ];
}

function nextText(run: JsonObject, paint: Paint): string {
  const next = objectOf(run, "next");
  if (rawOf(next, "command") !== undefined) return `next: ${paint.bold(textOf(next, "command"))}`;
  return rawOf(run, "ended_at") === undefined ? "next: nothing to do, it goes on by itself" : "next: nothing to do";
}

function heartbeatText(heartbeat: JsonObject, now: Instant): string {
  const status = textOf(heartbeat, "status").toLowerCase();
  const reason = rawOf(heartbeat, "reason_code") === undefined ? "" : ` (${textOf(heartbeat, "reason_code")})`;
  if (rawOf(heartbeat, "last_signal_at") === undefined) return `${status}${reason}`;
  const stale = numberOf(heartbeat, "stale_after_seconds");
  const limit = stale === undefined ? "" : `, stale after ${stale} s of silence`;
  return `${status}${reason}, last at ${when(textOf(heartbeat, "last_signal_at"), now)}${limit}`;
}

function holderText(report: JsonObject): string {
  const held = listOf(report, "lease_transitions").filter((one) => rawOf(one, "transition_kind") === "SNAPSHOT");
  if (held.length === 0) return "nobody";
  return held
    .map(
      (lease) =>
        `${textOf(lease, "thread_id")} (${textOf(lease, "to_status").toLowerCase()}, step ${textOf(objectOf(lease, "correlation"), "step_id")})`,
    )
    .join(", ");
}

function takeoverText(report: JsonObject, now: Instant): string {
  const history = listOf(report, "takeover_history");
  const newest = history.at(-1);
  if (newest === undefined) return "none";
  const at = when(textOf(newest, "takeover_at"), now);
  return `${history.length}, the last at ${at} for ${textOf(newest, "trigger_reason_code")}`;
}

function recordText(diagnosis: JsonObject, paint: Paint): string {
  const status = textOf(objectOf(diagnosis, "validation"), "status");
  const events = `${textOf(objectOf(diagnosis, "evidence"), "event_count")} events`;
  if (status === "PASS") return `${paint.green("adds up")}, ${events}`;
  return status === "FAIL" ? `${paint.red("does not add up")}, ${events}` : `${paint.yellow("adds up")}, ${events}`;
}

const issueLines = (diagnosis: JsonObject, paint: Paint): readonly string[] => {
  const issues = listOf(objectOf(diagnosis, "validation"), "issues");
  if (issues.length === 0) return [];
  const tone = (issue: JsonObject) => (rawOf(issue, "severity") === "ERROR" ? paint.red : paint.yellow);
  return ["", ...columns(issues.map((issue) => [`  ${tone(issue)(textOf(issue, "code"))}`, textOf(issue, "message")]))];
};
