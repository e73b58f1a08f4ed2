import { expect, test } from "vitest";
import { assert, type JsonObject } from "../../contracts/index.ts";
import { readReleaseFolder } from "./gate-documents.ts";
import { operatorReadiness, readOperations } from "./operator-readiness.ts";
import { EVALUATED_AT, evaluated, releaseFiles } from "./testing/release.ts";

const RUNBOOK = `# When something is wrong
See [whom to call](contacts.md) and [the status page](https://status.example).
## The canary, "runtime"
First [hold promotions](#hold-promotions).
## Hold promotions
`;
const TRIGGERS = {
  runtime_canary_failed: "#the-canary-runtime",
  policy_bundle_governance_failed: "#hold-promotions",
  executive_summary_failed: "#hold-promotions",
  repeated_trend_breach: "#hold-promotions",
  audit_chain_broken: "#when-something-is-wrong",
  cross_tenant_finding: "#hold-promotions",
};
const { audit_chain_broken: _, ...OTHERS } = TRIGGERS;
const OPERATIONS = {
  triggers: TRIGGERS,
  contacts: [{ name: "ann", reach: "+43 1 234" }],
  rollback_drill_at: "2026-06-15T10:00:00Z",
  backup_restore_at: "2026-04-21T10:00:00Z",
};

function reportOf(changed: JsonObject = {}, runbook = RUNBOOK): JsonObject {
  const files = Object.entries(releaseFiles({})).map(([name, text]) => ({ name, text }));
  const folder = readReleaseFolder(files, EVALUATED_AT);
  const operations = readOperations({ ...OPERATIONS, ...changed });
  assert(folder.ok && operations.ok, "folder and operations can be read");
  const maker = { context: folder.value.context, at: EVALUATED_AT, reportId: (id: string) => id, toolVersion: "1" };
  return operatorReadiness({ ...maker, runbook, operations: operations.value, files: ["contacts.md"] }).document;
}

test("EVD-17 UC-10 a runbook with every trigger, links that resolve, contacts and fresh drills is R33 as the release gate reads it", () => {
  const report = reportOf();

  expect(report).toMatchObject({ contract: "operator_readiness_v1", status: "passed", failures: [] });
  expect(evaluated({ reports: { R33: JSON.stringify(report) } }).decision.gates).toContainEqual(
    expect.objectContaining({ id: "operator_readiness_status_passed", status: "PASS" }),
  );
});

test.each<[string, JsonObject, string, string]>([
  ["a trigger that nobody thought of", { triggers: OTHERS }, RUNBOOK, "trigger:audit_chain_broken"],
  ["a heading that went", {}, RUNBOOK.replace("## Hold", "## Freeze"), "trigger:cross_tenant_finding"],
  ["a link to no file", {}, RUNBOOK.replace("contacts.md", "people.md"), "links_resolve: people.md"],
  ["nobody to call", { contacts: [] }, RUNBOOK, "contacts_present"],
  ["a rollback last drilled 36 days ago", { rollback_drill_at: "2026-06-14T10:00:00Z" }, RUNBOOK, "rollback_drill"],
  ["a backup last restored 91 days ago", { backup_restore_at: "2026-04-20T10:00:00Z" }, RUNBOOK, "backup_restore"],
  ["a drill that is planned", { rollback_drill_at: "2026-07-20T10:00:01Z" }, RUNBOOK, "rollback_drill"],
])("EVD-17 operators are not ready with %s", (_, changed, runbook, failure) => {
  const { status, failures } = reportOf(changed, runbook);

  expect(status).toBe("failed");
  expect(failures).toContainEqual(expect.stringContaining(failure));
});
