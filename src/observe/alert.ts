import { isJsonObject, type Json, type JsonObject, type Severity } from "../contracts/index.ts";
import type { AlertingEvent } from "../ledger/index.ts";

/** How soon somebody must hear: a person is called, a channel is told, a page shows it. */
export type AlertSeverity = "P1" | "P2" | "P3";

export type AlertKind = "secret_stopped" | "personal_data_masked" | "key_collision" | "bound_reached";

export interface AlertRule {
  /** The entries that it is about. */
  readonly type: AlertingEvent["type"];
  readonly at: Severity;
  readonly severity: AlertSeverity;
  /** One of them, whatever its payload says. */
  readonly says: string;
  readonly runbook: string;
}

/** What to look into, in which order, and what shows that it is mended: the section of `docs/runbook.md` with this id. */
const INVESTIGATION = "RB-04";

/**
 * What somebody must hear of, and how soon (commerce-kernel 22.2). A collision is a violation of INV-05, which is P2 like those of
 * INV-04 to 08: one effect was left out, and its run went on with another's result. A limit that ended a run violates INV-03.
 */
export const ALERTS: { readonly [kind in AlertKind]: AlertRule } = {
  secret_stopped: {
    type: "scanner.detected",
    at: "error",
    severity: "P1",
    says: "a secret, card or social security number was stopped at the record",
    runbook: INVESTIGATION,
  },
  personal_data_masked: {
    type: "scanner.detected",
    at: "warning",
    severity: "P2",
    says: "personal data was masked at the record",
    runbook: INVESTIGATION,
  },
  key_collision: {
    type: "idempotency.collided",
    at: "warning",
    severity: "P2",
    says: "two requests have one key: the later one was not made, and got the result of the first",
    runbook: INVESTIGATION,
  },
  bound_reached: {
    type: "bound.reached",
    at: "error",
    severity: "P1",
    says: "a bound ended a run",
    runbook: INVESTIGATION,
  },
};

export const ALERT_KINDS = ["secret_stopped", "personal_data_masked", "key_collision", "bound_reached"] as const;

/** One entry as somebody is told of it. */
export interface Alert {
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly says: string;
  /** Null where no call is to blame, or what the entry said was erased. */
  readonly tool: string | null;
  readonly runbook: string;
}

/** The alert that an entry is; null for one of which nobody must hear. */
export const kindOf = ({ type, severity }: Pick<AlertingEvent, "type" | "severity">): AlertKind | null =>
  ALERT_KINDS.find((kind) => ALERTS[kind].type === type && ALERTS[kind].at === severity) ?? null;

/** Tells of an entry; null for one of which nobody must hear. */
export function alertOf(event: Pick<AlertingEvent, "type" | "severity" | "payload">): Alert | null {
  const kind = kindOf(event);
  if (kind === null) return null;
  const payload: Json = event.payload === null ? null : JSON.parse(event.payload);
  const { severity, says, runbook } = ALERTS[kind];
  if (!isJsonObject(payload)) return { kind, severity, says, tool: null, runbook };
  return { kind, severity, says: saidOf(kind, payload), tool: textIn(payload, "tool") || null, runbook };
}

function saidOf(kind: AlertKind, payload: JsonObject): string {
  switch (kind) {
    case "secret_stopped":
      return `${foundIn(payload)} was stopped at the record`;
    case "personal_data_masked":
      return `${foundIn(payload)} was masked at the record`;
    case "key_collision":
      return `its key is that of step \`${textIn(payload, "first_step")}\` of run \`${textIn(payload, "first_run")}\`: it was not made, and got that result`;
    case "bound_reached":
      return `\`${textIn(payload, "code")}\` ended the run: ${textIn(payload, "message")}`;
  }
}

const FOUND: { readonly [kind: string]: string } = {
  SECRET: "a secret",
  CARD: "a card number",
  SSN: "a social security number",
  EMAIL: "an e-mail address",
  PHONE: "a telephone number",
};

const PARTS: { readonly [part: string]: string } = {
  input: "its input",
  output: "its output",
  entity: "what it changed",
  error: "its error",
  approval: "what a person was asked",
  proposal: "what a graph proposed",
  question: "what a graph asked",
};

const foundIn = (payload: JsonObject): string =>
  `${FOUND[textIn(payload, "kind")] ?? "something"} in ${PARTS[textIn(payload, "part")] ?? "a document"} at \`${textIn(payload, "field_path")}\``;

function textIn(payload: JsonObject, member: string): string {
  const value = payload[member];
  return typeof value === "string" ? value : "";
}
