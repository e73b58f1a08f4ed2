import { z } from "@hono/zod-openapi";
import { after, parseInstant, rejected } from "../../contracts/index.ts";
import { type AlertingEvent, alertingEvents } from "../../ledger/index.ts";
import { ALERT_KINDS, alertOf } from "../../observe/index.ts";
import { inTenant } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { placeOf, placeText } from "../wire/event-place.ts";
import { limit, name, nextOf, time, timeOf } from "../wire/parts.ts";

export const alertKind = z.enum(ALERT_KINDS);
export const alertSeverity = z.enum(["P1", "P2", "P3"]);

const alert = z
  .strictObject({
    /** The entry's own id. */
    alert_id: name,
    alert: alertKind,
    severity: alertSeverity,
    at: time,
    says: z.string(),
    run_id: name,
    /** The entry's place in the run's stream. */
    seq: z.int(),
    step_id: name.nullable(),
    tool: name.nullable(),
    correlation: z.string(),
    /** The section of the runbook that says what to do. */
    runbook: name,
  })
  .openapi("Alert");

/** How far back alerts are looked for unless told, in milliseconds. */
const ALERTS_BACK_MS = 86_400_000;

export const listAlertsEndpoint = endpoint({
  method: "get",
  path: "/v1/alerts",
  summary: "List what somebody must hear of, newest first",
  description:
    "Secrets, card numbers and personal data that the scanners found in what calls took and gave, keys that stood for two requests, " +
    "and bounds that ended a run: entries of the ledger, seen as alerts. P1 calls a person. Looks at the last 24 hours unless `since` " +
    "says otherwise.",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({ since: z.string().optional(), before: z.string().optional(), limit }),
  },
  statuses: { 200: "a page of alerts; `next` is the `before` of the next page" },
  answer: z.strictObject({ since: time, alerts: z.array(alert).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const otherwise = after(installation.host.clock.now(), -ALERTS_BACK_MS);
    const since = query.since === undefined ? otherwise : parseInstant(query.since);
    if (since === undefined) return invalid("since", "is no instant");
    const before = query.before === undefined ? null : placeOf(query.before);
    if (before === undefined) return invalid("before", "is no place that a page ended with");
    const found = await inTenant(installation.database, caller.tenantId, (sql) =>
      alertingEvents(sql, { since, before, limit: query.limit }),
    );
    return reply({
      since: timeOf(since),
      alerts: found.flatMap(alertViews),
      next: nextOf(found, query.limit, placeText),
    });
  },
});

const invalid = (field: string, problem: string) =>
  rejected({ code: "REQUEST_INVALID", message: `\`$.${field}\`: ${problem}`, field_path: `$.${field}` });

function alertViews(event: AlertingEvent): readonly z.output<typeof alert>[] {
  const told = alertOf(event);
  if (told === null) return [];
  const { kind, severity, says, tool, runbook } = told;
  const { event_id, at, stream, seq, step, correlation } = event;
  return [
    {
      alert_id: event_id,
      alert: kind,
      severity,
      at: timeOf(at),
      says,
      run_id: stream,
      seq,
      step_id: step,
      tool,
      correlation,
      runbook,
    },
  ];
}
