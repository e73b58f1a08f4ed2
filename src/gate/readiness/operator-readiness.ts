import { z } from "zod";
import {
  accepted,
  type Instant,
  issueText,
  type JsonObject,
  parseInstant,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { checkedOf, checkedReport, type MadeReport, type Maker, type ReportCheck } from "./made-report.ts";

/** What people have to know what to do about. */
const TRIGGERS = [
  "runtime_canary_failed",
  "policy_bundle_governance_failed",
  "executive_summary_failed",
  "repeated_trend_breach",
  "audit_chain_broken",
  "cross_tenant_finding",
] as const;

const DOCUMENT = z.strictObject({
  /** By trigger, the heading of the runbook that says what to do: `#a-broken-chain`. */
  triggers: z.partialRecord(z.enum(TRIGGERS), z.string()),
  contacts: z.array(z.strictObject({ name: z.string().min(1), reach: z.string().min(1) })),
  rollback_drill_at: z.string(),
  backup_restore_at: z.string(),
});

/** What operators say of themselves, `operations.json`. */
export type Operations = z.infer<typeof DOCUMENT>;

/** Refused with `INVALID_INPUT`. */
export function readOperations(document: JsonObject): Result<Operations> {
  const parsed = DOCUMENT.safeParse(document);
  return parsed.success ? accepted(parsed.data) : rejected({ code: "INVALID_INPUT", message: issueText(parsed.error) });
}

/** Where a runbook's links lead: headings of its own, files, and addresses. */
export const linksIn = (runbook: string): readonly string[] =>
  [...runbook.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);

export interface ReadinessInput extends Maker {
  readonly runbook: string;
  readonly operations: Operations;
  /** Links of the runbook to files that are there. */
  readonly files: readonly string[];
}

/** R33: whether people could run this release on a bad day. Addresses of other hosts are not followed. */
export function operatorReadiness(input: ReadinessInput): MadeReport {
  const { runbook, operations, files, at } = input;
  const anchors = anchorsIn(runbook);
  const dead = linksIn(runbook).filter(
    (link) => !/^[a-z]+:/.test(link) && !(link.startsWith("#") ? anchors.has(link) : files.includes(link)),
  );
  return checkedReport(input, "R33", [
    ...TRIGGERS.map((trigger) => triggerCheck(trigger, operations.triggers[trigger], anchors)),
    checkedOf("links_resolve", dead.length === 0 ? null : `${dead.join(", ")} not there`),
    checkedOf("contacts_present", operations.contacts.length > 0 ? null : "nobody is named"),
    checkedOf("rollback_drill", ageProblem(operations.rollback_drill_at, at, ROLLBACK_DAYS)),
    checkedOf("backup_restore", ageProblem(operations.backup_restore_at, at, BACKUP_DAYS)),
  ]);
}

/** A rollback is drilled monthly, a backup restored once a quarter. */
const DAY_MS = 86_400_000;
const ROLLBACK_DAYS = 35;
const BACKUP_DAYS = 90;

function triggerCheck(trigger: string, anchor: string | undefined, anchors: ReadonlySet<string>): ReportCheck {
  const problem =
    anchor === undefined
      ? "the runbook is not said to have it"
      : `the runbook has no heading to which \`${anchor}\` leads, as \`#a-broken-chain\` does to \`A broken chain\``;
  return checkedOf(`trigger:${trigger}`, anchor !== undefined && anchors.has(anchor) ? null : problem);
}

function ageProblem(text: string, at: Instant, days: number): string | null {
  const last = parseInstant(text);
  if (last === undefined || last > at) return `${text} is no instant before now`;
  return at - last <= days * DAY_MS ? null : `the last was more than ${days} days ago, on ${text}`;
}

/** Headings as links name them. */
const anchorsIn = (runbook: string): ReadonlySet<string> =>
  new Set(
    [...runbook.matchAll(/^#+ +(.+)$/gm)].map(
      ([, heading = ""]) =>
        `#${heading
          .trim()
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-")}`,
    ),
  );
