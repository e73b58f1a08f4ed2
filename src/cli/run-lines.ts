import { type Instant, type JsonObject, parseInstant, relative } from "../contracts/index.ts";
import { counted, leavesOf, listOf, numberOf, objectOf, rawOf, textOf } from "./document.ts";
import type { Paint } from "./output.ts";
import { columns, table } from "./table.ts";
import { when } from "./when.ts";

const TONES: { readonly [status: string]: "green" | "red" | "yellow" | "cyan" } = {
  SUCCEEDED: "green",
  FAILED_EXPECTED: "yellow",
  FAILED_UNEXPECTED: "red",
  BLOCKED: "red",
  SUSPENDED_HITL: "yellow",
  COMPENSATING: "yellow",
  RUNNING: "cyan",
};

/** A status in its colour. */
export function statusOf(document: JsonObject, paint: Paint): string {
  const status = textOf(document, "status");
  const tone = TONES[status];
  return tone === undefined ? status : paint[tone](status);
}

const agoOf = (document: JsonObject, member: string, now: Instant): string => {
  const at = parseInstant(rawOf(document, member) ?? "");
  return at === undefined ? "-" : relative(at, now);
};

export const runListLines = (body: JsonObject, now: Instant, paint: Paint): readonly string[] => {
  const runs = listOf(body, "runs");
  if (runs.length === 0) return ["no runs"];
  const rows = runs.map((run) => [
    textOf(run, "run_id"),
    statusOf(run, paint),
    textOf(run, "workflow_id"),
    agoOf(run, "started_at", now),
    textOf(run, "code"),
  ]);
  return table(["run", "status", "workflow", "started", "code"], rows);
};

/** One line: the run, its status and, where the answer says so, why. */
export const runLine = (run: JsonObject, paint: Paint): string => {
  const why = rawOf(run, "why");
  return [
    `run ${textOf(run, "run_id")}`,
    statusOf(run, paint),
    ...(why === undefined ? [] : [textOf(run, "why")]),
  ].join("  ");
};

/** Everything that is known of one run. */
export function runLines(run: JsonObject, now: Instant, paint: Paint): readonly string[] {
  const facts: readonly (readonly [string, string])[] = [
    ["workflow", `${textOf(run, "workflow_id")} of ${textOf(run, "pack_id")}`],
    ["started", `${when(textOf(run, "started_at"), now)} by ${textOf(run, "principal_id")}`],
    ["ended", when(textOf(run, "ended_at"), now)],
    ["cost", costOf(numberOf(run, "cost_micros") ?? 0)],
    ["events", textOf(run, "events")],
    ["holder", holderOf(run, now)],
  ];
  return [
    runLine(run, paint),
    ...columns(facts.map(([name, value]) => [`  ${name}`, value])),
    ...section("steps", stepRows(run), paint),
    ...section("receipts", receiptRows(run), paint),
    ...section("approvals", approvalRows(run, now, paint), paint),
    ...section("takeovers", takeoverRows(run, now), paint),
    ...section("done under two epochs", violationRows(run), paint),
    ...section("document", leavesOf(objectOf(run, "document")), paint),
  ];
}

/** In the unit that the tenant's prices are in, which nothing names. */
const costOf = (micros: number): string => (micros === 0 ? "none" : `${(micros / 1_000_000).toFixed(6)} USD`);

const section = (title: string, rows: readonly (readonly string[])[], paint: Paint): readonly string[] =>
  rows.length === 0 ? [] : ["", paint.bold(title), ...columns(rows).map((line) => `  ${line}`)];

const stepRows = (run: JsonObject): readonly (readonly string[])[] => {
  const steps = objectOf(run, "steps");
  return Object.keys(steps)
    .map((id) => ({ id, step: objectOf(steps, id) }))
    .toSorted((one, other) => (numberOf(one.step, "order") ?? 0) - (numberOf(other.step, "order") ?? 0))
    .map(({ id, step }) => [id, textOf(step, "status"), counted(numberOf(step, "attempts") ?? 0, "attempt")]);
};

const receiptRows = (run: JsonObject): readonly (readonly string[])[] =>
  listOf(run, "receipts").map((receipt) => [
    textOf(receipt, "step_id"),
    textOf(receipt, "tool_name"),
    textOf(receipt, "status"),
    textOf(receipt, "external_transaction_id"),
    rawOf(receipt, "amount_minor") === undefined
      ? ""
      : money(textOf(receipt, "amount_minor"), textOf(receipt, "currency")),
  ]);

const approvalRows = (run: JsonObject, now: Instant, paint: Paint): readonly (readonly string[])[] =>
  listOf(run, "approvals").map((approval) => [
    textOf(approval, "approval_id"),
    textOf(approval, "tool_name"),
    statusOf(approval, paint),
    `until ${when(textOf(approval, "timeout_at"), now)}`,
  ]);

const holderOf = (run: JsonObject, now: Instant): string => {
  const lease = objectOf(run, "lease");
  const epoch = `epoch ${textOf(lease, "epoch")}`;
  if (rawOf(lease, "holder") === undefined) return `nobody, ${epoch}`;
  return `${textOf(lease, "holder")}, ${epoch}, until ${when(textOf(lease, "expires_at"), now)}`;
};

const takeoverRows = (run: JsonObject, now: Instant): readonly (readonly string[])[] =>
  listOf(run, "takeovers").flatMap((taken) => [
    [
      `epoch ${textOf(taken, "epoch_after")}`,
      `${textOf(taken, "holder")} after ${textOf(taken, "previous_holder")}`,
      `stale since ${when(textOf(taken, "stale_since"), now)}`,
    ],
    ...listOf(taken, "effects").map((effect) => [
      "",
      `${textOf(effect, "step_id")} was ${textOf(effect, "status_then")}`,
      `${textOf(effect, "became")}, receipt ${textOf(effect, "receipt_status")}`,
    ]),
  ]);

const violationRows = (run: JsonObject): readonly (readonly string[])[] =>
  listOf(run, "epoch_violations").map((found) => [
    textOf(found, "kind"),
    textOf(found, "subject"),
    `epochs ${textOf(found, "epochs")}`,
  ]);

const MINOR_UNITS = /^-?\d{1,30}$/;
const CURRENCY = /^[A-Za-z]{3}$/;

/** Minor units as an amount: `2400` and `eur` are `24.00 EUR`. What is no amount comes back as it is. */
export function money(minor: string, currency: string): string {
  if (!MINOR_UNITS.test(minor) || !CURRENCY.test(currency)) return `${minor} ${currency}`;
  const code = currency.toUpperCase();
  const digits =
    new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions().maximumFractionDigits ?? 0;
  const padded = minor.replace("-", "").padStart(digits + 1, "0");
  const whole = padded.slice(0, padded.length - digits);
  const fraction = digits === 0 ? "" : `.${padded.slice(padded.length - digits)}`;
  return `${minor.startsWith("-") ? "-" : ""}${whole}${fraction} ${code}`;
}
