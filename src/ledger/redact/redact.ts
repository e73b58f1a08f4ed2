import { fieldPath, JSON_DEPTH_MAX, type Json, type JsonObject } from "../../contracts/index.ts";
import { isSealedReference } from "../sealed-reference.ts";
import { clean, firstBytes } from "./clean.ts";
import { type Finding, findingOf, outranks, type RejectReason, reasonOf } from "./finding.ts";
import type { Place } from "./place.ts";
import type { RedactionRules } from "./rules.ts";
import { type Hit, PLAIN, type ScanScope, scan } from "./scan.ts";
import { type RedactionContext, type RejectedStub, stubOf } from "./stub.ts";

/**
 * The redaction pipeline of commerce-kernel 12.3: allow-list, sensitive fields, then the scanners as a second line.
 *
 * R1 What is returned as clean holds nothing that the scanners find: redacting it again changes and finds nothing.
 * R2 What is dropped or masked by the contract is not scanned: it is not stored.
 * R3 Neither findings nor stub hold anything of what was found.
 * R4 Time is linear in the value.
 */

/**
 * A value that may be stored, or the stub that is stored in its place. Findings of a clean value were masked (P2); those of
 * a rejected one say why (P1). Findings are at most 100, in document order; none is the ordinary case.
 */
export type Redacted =
  | { readonly kind: "clean"; readonly value: Json; readonly findings: readonly Finding[] }
  | { readonly kind: "rejected"; readonly stub: RejectedStub; readonly findings: readonly Finding[] };

/** Enough to review a contract; a document of nothing but addresses must not fill the ledger. */
const FINDINGS_MAX = 100;
/** A member's name in a finding's path, in bytes. */
const STEP_BYTES_MAX = 80;

/** Stands for a text that is not kept, until the whole value is rejected. */
const REJECTED = "*";
const TOO_DEEP = "[TRUNCATED:DEPTH]";
const MASKED = /^\[REDACTED:[A-Za-z]+\]$/;

const IDENTIFIER: ScanScope = { isIdentifier: true, isNamedId: false };
const NAMED_ID: ScanScope = { isIdentifier: false, isNamedId: true };

interface Walk {
  readonly steps: (string | number)[];
  readonly findings: Finding[];
  /** The gravest finding that rejects the value, the first of its kind in the document. */
  worst: { readonly reason: RejectReason; readonly finding: Finding } | undefined;
}

/**
 * Redacts a value by a contract's rules. Must run before anything of the value is stored, hashed or exported. Unchanged
 * parts are shared with the argument, which is never changed.
 *
 * Measured with an output of 350 bytes in 17 fields that stays as it is: 5.7 microseconds by a contract's rules, 7.2 by
 * `SCAN_ONLY`, which scans the names too (Node 20.20, one core of two).
 */
export function redact(value: Json, rules: RedactionRules, context: RedactionContext): Redacted {
  const walk: Walk = { steps: [], findings: [], worst: undefined };
  const kept = keep(value, rules.root, "", walk);
  if (walk.worst !== undefined) {
    return { kind: "rejected", stub: stubOf(value, walk.worst, context), findings: walk.findings };
  }
  return { kind: "clean", value: kept ?? null, findings: walk.findings };
}

/** What of a part is kept; `undefined` when it is dropped. `name` is that of the member around it. */
function keep(value: Json, place: Place, name: string, walk: Walk): Json | undefined {
  if (typeof value !== "object" || value === null) return keepScalar(value, place, name, walk);
  if (!place.keepsContainer) return undefined;
  if (isSealedReference(value)) return value;
  if (place.isSensitive) return maskOf(value);
  if (walk.steps.length >= JSON_DEPTH_MAX) return TOO_DEEP;
  return isArray(value) ? keepElements(value, place, name, walk) : keepMembers(value, place, walk);
}

function keepScalar(value: null | boolean | number | string, place: Place, name: string, walk: Walk): Json | undefined {
  if (!place.keepsScalar) return undefined;
  if (place.isSensitive) return maskOf(value);
  if (typeof value === "string") return keepText(value, scopeOf(place, name), walk);
  if (typeof value === "number") report(scan(String(value), scopeOf(place, name)), walk);
  return value;
}

function keepText(text: string, scope: ScanScope, walk: Walk): string {
  const cleaned = clean(text, scope);
  report(cleaned.hits, walk);
  return cleaned.text ?? REJECTED;
}

function keepElements(value: readonly Json[], place: Place, name: string, walk: Walk): Json {
  const kept: Json[] = [];
  let isSame = true;
  for (const [index, element] of value.entries()) {
    walk.steps.push(index);
    const part = keep(element, place.element(index), name, walk);
    walk.steps.pop();
    if (part !== undefined) kept.push(part);
    isSame &&= part === element;
  }
  return isSame ? value : kept;
}

function keepMembers(value: JsonObject, place: Place, walk: Walk): Json {
  // Copied from the first member on that does not stay as it is: most values stay whole.
  let kept: [string, Json][] | undefined;
  let unchanged = 0;
  for (const name of Object.keys(value)) {
    const member = value[name] ?? null;
    const next = place.member(name);
    const isKept = next.keepsScalar || next.keepsContainer;
    const cleanName = !isKept || place.isDeclared(name) ? name : keepText(name, PLAIN, walk);
    walk.steps.push(cleanName);
    const part = isKept ? keep(member, next, name, walk) : undefined;
    walk.steps.pop();
    if (kept === undefined && part === member && cleanName === name) unchanged++;
    else {
      kept ??= Object.entries(value).slice(0, unchanged);
      if (part !== undefined) kept.push([cleanName, part]);
    }
  }
  return kept === undefined ? value : Object.fromEntries(numbered(kept));
}

/** Masking can make two names one; the later gets a number, so that neither value is lost. */
function numbered(members: readonly [string, Json][]): readonly [string, Json][] {
  const taken = new Set(members.map(([name]) => name));
  if (taken.size === members.length) return members;
  const counts = new Map<string, number>();
  return members.map(([name, value]) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return [count === 0 ? name : free(`${name} (${count + 1})`, taken), value];
  });
}

function free(name: string, taken: Set<string>): string {
  let candidate = name;
  while (taken.has(candidate)) candidate += "'";
  taken.add(candidate);
  return candidate;
}

function scopeOf(place: Place, name: string): ScanScope {
  if (place.isIdentifier) return IDENTIFIER;
  return name === "id" || name.endsWith("_id") ? NAMED_ID : PLAIN;
}

function report(hits: readonly Hit[], walk: Walk): void {
  for (const hit of hits) {
    if (walk.findings.length === FINDINGS_MAX && !isGraver(hit, walk)) continue;
    const steps = walk.steps.map((step) => (typeof step === "string" ? shownName(step) : step));
    const finding = findingOf(hit, fieldPath(steps));
    const reason = reasonOf(hit.kind);
    if (reason !== undefined && isGraver(hit, walk)) walk.worst = { reason, finding };
    if (walk.findings.length < FINDINGS_MAX) walk.findings.push(finding);
    else walk.findings[FINDINGS_MAX - 1] = finding; // what rejects the whole is never left out
  }
}

/** A name as a path shows it: cut, and then cleaned again, since what is left of a long name may be an address. */
function shownName(name: string): string {
  const shown = firstBytes(name, STEP_BYTES_MAX);
  return shown === name ? name : (clean(shown, PLAIN).text ?? REJECTED);
}

function isGraver(hit: Hit, walk: Walk): boolean {
  const reason = reasonOf(hit.kind);
  return reason !== undefined && outranks(reason, walk.worst?.reason);
}

/** `[REDACTED:number]` for a number; what is masked already stays. */
function maskOf(value: Json): string {
  if (typeof value === "string" && MASKED.test(value)) return value;
  return `[REDACTED:${value === null ? "null" : isArray(value) ? "array" : typeof value}]`;
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
