import type { EvidencePointer, RecoveryReport } from "./recovery-report.ts";

type Shown = string | number | boolean | null | readonly string[];

/** A recovery report for a person. Everything in it is a value of the report, written as it is. */
export function recoveryMarkdown(report: RecoveryReport): string {
  const { stale_detection: stale, takeover_latency: takeover, continuity_outcome: outcome } = report;
  const lines = [
    "# Recovery report",
    "",
    ...facts([
      ["Task ID", report.task_id],
      ["Run ID", report.run_id],
      ["Generated At", report.generated_at],
      ["Runtime Policy", report.runtime_policy],
    ]),
    ...section("Stale Detection", [
      ["Status", stale.heartbeat_status],
      ["Reason", stale.reason_code],
      ["Silence Seconds", stale.silence_seconds],
      ["Warning After", stale.warning_after_seconds],
      ["Stale After", stale.stale_after_seconds],
      ["Stale Heartbeat Events", stale.stale_events_in_timeline],
      ["Detected At", stale.detected_at],
      ["Silence At Detection", stale.silence_at_detection],
    ]),
    ...section("Takeover Latency", [
      ["Detected", takeover.detected],
      ["Trigger Reason", takeover.trigger_reason_code],
      ["Lease Reason", takeover.lease_reason_code],
      ["Decision At", takeover.decision_at],
      ["Takeover At", takeover.takeover_at],
      ["Decision Latency", takeover.decision_latency_seconds],
      ["Adopted Steps", takeover.adopted_step_ids],
      ["Failed Steps", takeover.failed_step_ids],
      ["Epoch Before", takeover.epoch_before],
      ["Epoch After", takeover.epoch_after],
      ["Handoff Applied", takeover.handoff_applied],
      ["Handoff Resume Step", takeover.handoff_resume_step_id],
    ]),
    ...section("Continuity Outcome", [
      ["Status", outcome.status],
      ["Validation", outcome.validation_status],
      ["Event Count", outcome.event_count],
      ["Lease Count", outcome.lease_count],
      ...outcome.continuity_checks.map(({ name, passed }): Fact => [name, passed ? "PASS" : "FAIL"]),
      ...Object.entries(outcome.continuity_assertion_results).map(([id, holds]): Fact => [id, holds ? "PASS" : "FAIL"]),
    ]),
    ...section("KPIs", Object.entries(report.kpis)),
    ...timelineLines(report),
    ...evidenceLines(report),
    ...actionLines(report),
  ];
  return `${lines.join("\n")}\n`;
}

type Fact = readonly [name: string, value: Shown];

const facts = (list: readonly Fact[]): readonly string[] => list.map(([name, value]) => `- ${name}: ${shown(value)}`);

const section = (title: string, list: readonly Fact[]): readonly string[] => ["", `## ${title}`, "", ...facts(list)];

function shown(value: Shown): string {
  if (value === null) return "-";
  if (typeof value !== "object") return plain(String(value));
  return value.length === 0 ? "-" : value.map(plain).join(", ");
}

/** Text from a run's record may hold anything; on a page it is one line of text. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}<>`|]/gu, " ");

const timelineLines = ({ timeline }: RecoveryReport): readonly string[] => [
  ...section("Timeline Snapshot", [["Total Entries", timeline.total_entries]]),
  ...timeline.entries.map(
    ({ correlation: { task_id, run_id }, occurred_at, event_type, severity, summary }) =>
      `- ${[`${task_id}/${run_id}`, occurred_at, event_type, severity, summary].map(plain).join(" ")}`,
  ),
];

/** What the page was made from. The report names this page's digest, so this page cannot. */
const evidenceLines = ({ evidence_pointers: pointers }: RecoveryReport): readonly string[] => {
  if (pointers === null) return ["", "## Evidence", "", "-"];
  const { pipeline_state_json, heartbeat_status_json, process_leases_json, events_jsonl } = pointers;
  return section(
    "Evidence",
    [pipeline_state_json, heartbeat_status_json, process_leases_json, events_jsonl].map(pointerFact),
  );
};

const pointerFact = ({ path, sha256, seq_range }: EvidencePointer): Fact => [
  path,
  `${sha256 === null ? "-" : `sha256 ${sha256}`}${seq_range === undefined ? "" : `, events ${seq_range.from} to ${seq_range.to}`}`,
];

const actionLines = ({ next_actions }: RecoveryReport): readonly string[] => [
  "",
  "## Next Actions",
  "",
  ...(next_actions.length === 0
    ? ["-"]
    : next_actions.map(
        ({ action, command, runbook }, index) => `${index + 1}. ${plain(action)}: \`${command}\` (${runbook})`,
      )),
];
