import { isJsonObject, type Json, type JsonObject } from "../../contracts/index.ts";
import type { LoadedReport, Report } from "./report.ts";

/** What one check of the catalogue came to. */
export interface Check {
  readonly check: string;
  /** What it is about, where there are several of it; null where there is one, or none that it could be about. */
  readonly subject: string | null;
  readonly outcome: "pass" | "fail" | "unknown" | "not_applicable";
  readonly detail: string;
  /** Reports that it rests on. */
  readonly rows: readonly string[];
}

export type Outcome = Pick<Check, "outcome" | "detail">;

export const pass: Outcome = { outcome: "pass", detail: "" };
export const fail = (detail: string): Outcome => ({ outcome: "fail", detail });
export const unknown = (detail: string): Outcome => ({ outcome: "unknown", detail });
export const notApplicable = (detail: string): Outcome => ({ outcome: "not_applicable", detail });
export const passIf = (condition: boolean, detail: string): Outcome => (condition ? pass : fail(detail));

/** What several outcomes come to: the first that fails, else the first that is not known. */
export const worstOf = (outcomes: readonly Outcome[]): Outcome =>
  outcomes.find(({ outcome }) => outcome === "fail") ?? outcomes.find(({ outcome }) => outcome === "unknown") ?? pass;

/** A rule about a report that could be read. */
export type Rule = (report: Report) => Outcome;

export const checkOf = (
  check: string,
  outcome: Outcome,
  rows: readonly string[] = [],
  subject: string | null = null,
) => ({
  check,
  subject,
  ...outcome,
  rows,
});

/** A rule's check; what could not be loaded leaves it unknown. */
export const checkBy = (check: string, loaded: LoadedReport, rule: Rule): Check =>
  loaded.ok
    ? checkOf(check, rule(loaded.report), [loaded.report.kind.id])
    : checkOf(check, unknown(`blocked_by:${loaded.error}`), [loaded.kind.id]);

/** All of several rules: the first that does not pass. */
export const all =
  (...rules: readonly Rule[]): Rule =>
  (report) =>
    rules.map((rule) => rule(report)).find(({ outcome }) => outcome !== "pass") ?? pass;

/** The status says passed, and nothing that the report lists says otherwise. */
export const statusPassed: Rule = ({ status, body }) => {
  if (status === "unverified") return unknown("unverified");
  if (status === "unrecognised") return fail("STATUS_UNRECOGNISED");
  if (status === "failed") return fail("failed");
  const broken = listOf(body.checks).filter((one) => !isJsonObject(one) || one.passed !== true);
  if (broken.length > 0) return fail(`passed, though ${broken.length} of its checks did not`);
  const { failed = 0 } = objectOf(body.summary);
  if (failed !== 0) return fail(`passed, though its summary counts ${JSON.stringify(failed)} failed`);
  return passIf(listOf(body.failures).length === 0, "passed, though it lists failures");
};

/** A count in the body or its summary is a whole number, not below zero, and as it should be. */
export const counted =
  (name: string, isRight: (count: number) => boolean): Rule =>
  (report) => {
    const count = countIn(report, name);
    if (count === null) return fail(`${name} is no count: ${JSON.stringify(valueIn(report, name) ?? null)}`);
    return passIf(isRight(count), `${name} is ${count}`);
  };

export const none = (count: number): boolean => count === 0;
export const some = (count: number): boolean => count > 0;

/** Everything that was expected was done, and something was expected. */
export const complete =
  (expected: string, done: string): Rule =>
  (report) => {
    const [wanted, had] = [countIn(report, expected), countIn(report, done)];
    if (wanted === null || had === null) return fail(`${wanted === null ? expected : done} is no count`);
    return passIf(wanted > 0 && had === wanted, `${had} of ${wanted}`);
  };

export const atLeastOne =
  (name: string): Rule =>
  (report) => {
    const ratio = valueIn(report, name);
    if (typeof ratio !== "number") return fail(`${name} is no number`);
    return passIf(ratio >= 1, `${name} is ${ratio}`);
  };

/** Null for anything but a whole number from zero on: a count that came as text is none. */
export function countIn(report: Report, name: string): number | null {
  const value = valueIn(report, name);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** A member of the body, or of its summary. */
export const valueIn = ({ body }: Report, name: string): Json | undefined => body[name] ?? objectOf(body.summary)[name];

export const objectOf = (value: Json | undefined): JsonObject =>
  value !== undefined && isJsonObject(value) ? value : {};
export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
