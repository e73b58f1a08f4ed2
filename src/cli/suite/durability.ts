import type { Attempt, GoldenCase } from "../../release/index.ts";
import type { Boundary, Effect } from "./owner-deaths.ts";
import type { PreviewSuite } from "./preview-checks.ts";

/*
 * Whether a pack's runs outlive their owners.
 *
 * D1 DS-01: wherever the owner dies after a call was recorded, the run ends as its case expects, and no effect is made that was not
 *    made without the death.
 * D2 DS-08: before an effect the owner's death costs nothing, and after its record neither. Between the two nobody knows: the same
 *    call may be made again under its key, or the run waits for a person; under another key it is never made.
 */

/** A played case, without a death or with one. */
export interface Played {
  readonly attempt: Attempt | undefined;
  readonly boundaries: readonly Boundary[];
  readonly effects: readonly Effect[];
  readonly hasDied: boolean;
}

/** Plays one run of a case in which the owner dies at a boundary; null for nowhere. */
export type PlayDeath = (one: GoldenCase, dies: Boundary | null) => Promise<Played>;

/** Deaths after records that are played: each costs the time of a lease. */
const DEATHS_MAX = 6;

/** How long a run is watched whose owner died between effect and record: it may rightly wait much longer. */
const WATCHED_SECONDS = 3;

/** Plays a case that comes to an effect, or else the first that succeeds, again and again, and has its owners die. */
export async function durabilitySuites(
  cases: readonly GoldenCase[],
  play: PlayDeath,
): Promise<readonly PreviewSuite[]> {
  const chosen = await chosenOf(cases, play);
  if (chosen === null) return ["DS-01", "DS-08"].map((name) => suiteOf(name, [], "no case succeeds as expected"));
  const { one, whole } = chosen;
  const restart: string[] = [];
  const effect: string[] = [];
  const records = whole.boundaries.filter(({ point }) => point === "after_outcome").slice(0, DEATHS_MAX);
  for (const boundary of records) restart.push(...afterRecord(one, boundary, whole, await play(one, boundary)));
  const intent = whole.boundaries.find(isIntent);
  if (intent !== undefined) {
    effect.push(...afterRecord(one, intent, whole, await play(one, intent)));
    const between: Boundary = { ...intent, point: "after_effect" };
    effect.push(...inDoubt(one, between, await play({ ...one, within_seconds: WATCHED_SECONDS }, between)));
  }
  return [
    suiteOf("DS-01", restart, records.length > 0 ? null : "no case makes a call that is recorded"),
    suiteOf("DS-08", effect, intent !== undefined ? null : "no case calls a tool with an effect"),
  ];
}

async function chosenOf(
  cases: readonly GoldenCase[],
  play: PlayDeath,
): Promise<{ readonly one: GoldenCase; readonly whole: Played } | null> {
  let first: { readonly one: GoldenCase; readonly whole: Played } | null = null;
  for (const one of cases.filter(({ expect }) => expect.status === "SUCCEEDED")) {
    const whole = await play(one, null);
    if (whole.attempt?.differences.length !== 0) continue; // the golden suite says so
    if (whole.boundaries.some(isIntent)) return { one, whole };
    first ??= { one, whole };
  }
  return first;
}

const isIntent = ({ point }: Boundary): boolean => point === "before_intent";

const suiteOf = (name: string, problems: readonly string[], unplayed: string | null): PreviewSuite =>
  unplayed === null || problems.length > 0
    ? { name, status: problems.length === 0 ? "passed" : "failed", problems }
    : { name, status: "not_applicable", problems: [unplayed] };

const placeOf = (one: GoldenCase, { point, step }: Boundary): string =>
  `case \`${one.id}\`, whose owner died ${point.replace("_", " ")} of \`${step}\``;

/** D1, and D2 where it is known what was done. */
function afterRecord(one: GoldenCase, boundary: Boundary, whole: Played, played: Played): readonly string[] {
  const place = placeOf(one, boundary);
  const [before, now] = [whole.effects, played.effects].map((effects) => effects.map(({ step }) => step).toSorted());
  return [
    ...(played.hasDied ? [] : [`${place}: nobody died`]),
    ...(played.attempt?.differences ?? ["it was not played"]).map((difference) => `${place}: ${difference}`),
    ...(before?.join() === now?.join() ? [] : [`${place}: effects at ${now?.join(", ")}, not ${before?.join(", ")}`]),
  ];
}

/** D2: between effect and record. */
function inDoubt(one: GoldenCase, boundary: Boundary, { effects, hasDied }: Played): readonly string[] {
  const place = placeOf(one, boundary);
  const keys = new Set(effects.filter(({ step }) => step === boundary.step).map(({ key }) => key));
  return [
    ...(hasDied ? [] : [`${place}: nobody died`]),
    ...(keys.size === 1 && !keys.has(null) ? [] : [`${place}: the effect was made under ${keys.size} keys`]),
  ];
}
