import { type Instant, type JsonObject, parseInstant, relative } from "../contracts/index.ts";
import { listOf, numberOf, objectOf, rawOf, textOf } from "./document.ts";
import type { Paint } from "./output.ts";
import { columns } from "./table.ts";

/** Cells of the bar that shows a share. */
const BAR = 20;

const TONES: { readonly [health: string]: "green" | "yellow" | "red" } = {
  good: "green",
  pending: "yellow",
  bad: "red",
};

/** The way from dev to prod: what each environment holds and how that does, what is tried there, and what keeps the next one out. */
export function trackLines(body: JsonObject, now: Instant, paint: Paint): readonly string[] {
  const all = listOf(body, "environments");
  const holds = listOf(body, "holds");
  const heads = columns(all.map((each) => headOf(each, paint)));
  return all.flatMap((each, index) => {
    const next = all[index + 1];
    return [
      heads[index] ?? "",
      ...canaryLines(objectOf(each, "canary"), now, paint).map((line) => `│  ${line}`),
      ...(next === undefined ? [] : [`│  ${paint.dim(wayTo(each, next, holds))}`]),
    ];
  });
}

function headOf(each: JsonObject, paint: Paint): readonly string[] {
  const bundle = objectOf(each, "bundle");
  const isTried = rawOf(objectOf(each, "canary"), "bundle_id") !== undefined;
  const health = rawOf(bundle, "health");
  if (health === undefined) return [`○ ${textOf(each, "environment")}`, "holds nothing", "", ""];
  return [
    `${isTried ? "◐" : "●"} ${textOf(each, "environment")}`,
    textOf(bundle, "bundle_id"),
    paint[TONES[health] ?? "yellow"](isTried ? "being tried" : health),
    each.served === true ? "runs here" : "",
  ];
}

/** A bundle that is tried: on which share of the new runs, beside what, and when it is judged next. */
export function canaryLines(canary: JsonObject, now: Instant, paint: Paint): readonly string[] {
  const share = numberOf(canary, "share_percent");
  if (share === undefined) return [];
  const full = Math.max(1, Math.round((share * BAR) / 100));
  const look = parseInstant(rawOf(canary, "next_look_at") ?? "");
  const stalled = rawOf(canary, "stalled_at") !== undefined;
  return [
    `${paint.cyan("█".repeat(full))}${"░".repeat(BAR - full)}  ${share} % of new runs; the others on ${textOf(canary, "baseline_bundle_id")}`,
    `step ${(numberOf(canary, "step") ?? 0) + 1} of ${listOf(canary, "steps").length}, ${textOf(canary, "looks")} looks, next ${look === undefined || look <= now ? "now" : relative(look, now)}${stalled ? paint.yellow("; too few runs, waits for you") : ""}`,
  ];
}

/** What has to be done for the next environment to get what this one holds. */
function wayTo(each: JsonObject, next: JsonObject, holds: readonly JsonObject[]): string {
  const [from, to] = [textOf(each, "environment"), textOf(next, "environment")];
  const bundle = objectOf(each, "bundle");
  const id = rawOf(bundle, "bundle_id");
  if (id === undefined || id === rawOf(objectOf(next, "bundle"), "bundle_id")) return "";
  if (rawOf(objectOf(each, "canary"), "bundle_id") !== undefined) return `${to} waits for the canary of ${from}`;
  const held = holds.find(({ scope }) => scope === "all" || scope === to);
  if (held !== undefined) return `${to} is held: ${textOf(held, "reason")}`;
  if (bundle.health === "bad") return `nothing goes to ${to}: ${from} is bad`;
  return bundle.health === "good"
    ? `next: countermark promote ${id} --to ${to}`
    : `next: countermark env health ${from} good --reason ...`;
}
