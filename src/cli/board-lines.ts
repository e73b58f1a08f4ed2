import { type Instant, type JsonObject, parseInstant, relative } from "../contracts/index.ts";
import { listOf, numberOf, objectOf, rawOf, textOf } from "./document.ts";
import type { Paint } from "./output.ts";
import { statusOf } from "./run-lines.ts";
import { table } from "./table.ts";

const TONES: { readonly [outcome: string]: "green" | "yellow" | "red" } = {
  PASS: "green",
  REQUIRES_REVIEW: "yellow",
  FAIL: "red",
};

/** Runs with their owners; below them, what those that need somebody need. */
export function boardLines(body: JsonObject, now: Instant, paint: Paint): readonly string[] {
  const runs = listOf(body, "runs");
  if (runs.length === 0) return ["no runs"];
  const rows = runs.map((run) => [
    textOf(run, "run_id"),
    statusOf(run, paint),
    textOf(run, "workflow_id"),
    textOf(run, "heartbeat_status").toLowerCase(),
    ownerOf(run, now),
    textOf(run, "takeovers"),
    recoveryOf(run, paint),
  ]);
  const needs = runs.filter((run) => rawOf(objectOf(run, "next"), "command") !== undefined);
  return [
    ...table(["run", "status", "workflow", "life", "owner", "takeovers", "recovery"], rows),
    ...(needs.length === 0 ? [] : ["", ...needs.flatMap((run) => needOf(run, paint))]),
  ];
}

function ownerOf(run: JsonObject, now: Instant): string {
  if (rawOf(run, "owner") === undefined) return "-";
  const ends = parseInstant(rawOf(run, "lease_expires_at") ?? "");
  const lease = ends === undefined ? "" : `, lease ends ${relative(ends, now)}`;
  return `${textOf(run, "owner")} (epoch ${numberOf(run, "epoch") ?? 0}${lease})`;
}

function recoveryOf(run: JsonObject, paint: Paint): string {
  const outcome = textOf(run, "recovery");
  const tone = TONES[outcome];
  return tone === undefined ? "-" : paint[tone](outcome);
}

const needOf = (run: JsonObject, paint: Paint): readonly string[] => [
  `${textOf(run, "run_id")} ${textOf(run, "why")}`,
  `  ${paint.bold(textOf(objectOf(run, "next"), "command"))}`,
];
