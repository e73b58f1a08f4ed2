import type { Environments, PromotionPreview } from "../../api/wire.ts";
import { HEALTH_LOOKS, type Tone } from "../../ui/tone.ts";
import { shortBundle } from "../releases/names.ts";
import { type Fact, type Verdict, verdict } from "./verdict.ts";

type Environment = Environments["environments"][number];

interface Standing {
  readonly environments: readonly Pick<Environment, "environment" | "bundle" | "served" | "canary">[];
  readonly holds: readonly Pick<Environments["holds"][number], "scope" | "reason">[];
  readonly next: readonly Waiting[];
}

/** A bundle that waits to come into an environment; no preview where it cannot be said yet. */
interface Waiting {
  readonly environment: string;
  readonly bundle: { readonly bundle_id: string };
  readonly preview: Pick<PromotionPreview, "checks"> | null;
}

/** What time, evidence or people still bring; every other check that fails says that the bundle is not good enough. */
const STILL_COMING: readonly (string | null)[] = [
  "RELEASE_GATE_EVIDENCE_MISSING",
  "SOURCE_SOAK_SATISFIED",
  "APPROVALS_SATISFIED",
  "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE",
];

/** May it ship? What waits, what keeps it back, what is held, and what is being tried. */
export function shipVerdict({ environments, holds, next }: Standing): Verdict {
  const facts: readonly Fact[] = [
    ...holds.map(holdFact),
    ...next.flatMap(nextFacts),
    ...environments.flatMap(standingFacts),
  ];
  const [hold] = holds;
  if (hold !== undefined)
    return verdict("bad", `No: ${hold.scope === "all" ? "everything" : hold.scope} is held.`, facts);
  const kept = next.find(({ preview }) => failing(preview).length > 0);
  if (kept !== undefined)
    return verdict(
      toneOf(kept),
      toneOf(kept) === "bad"
        ? `No: ${shortBundle(kept.bundle.bundle_id)} may not go to ${kept.environment}.`
        : `Not yet: ${shortBundle(kept.bundle.bundle_id)} still waits for ${kept.environment}.`,
      facts,
    );
  const free = next.find(({ preview }) => preview !== null);
  if (free !== undefined)
    return verdict("good", `Yes: ${shortBundle(free.bundle.bundle_id)} may go to ${free.environment}.`, facts);
  const [unknown] = next;
  if (unknown !== undefined)
    return verdict(
      "wait",
      `It is not known yet whether ${shortBundle(unknown.bundle.bundle_id)} may go to ${unknown.environment}.`,
      facts,
    );
  return restVerdict(environments, facts);
}

/** Where nothing waits: what is being tried, or what runs. */
function restVerdict(environments: Standing["environments"], facts: readonly Fact[]): Verdict {
  const tried = environments.find(({ canary }) => canary !== null);
  if (tried?.canary)
    return verdict(
      "busy",
      `A version is being tried in ${tried.environment}, on ${tried.canary.share_percent} % of its new runs.`,
      facts,
    );
  const served = environments.find((one) => one.served);
  if (served?.bundle === undefined || served.bundle === null)
    return verdict("idle", "Nothing has been released yet.", facts);
  const { health } = served.bundle;
  return verdict(HEALTH_LOOKS[health].tone, `Nothing waits to ship, and ${RESTS[health](served.environment)}.`, facts);
}

type Health = NonNullable<Environment["bundle"]>["health"];

/** How it stands with what an environment runs, as the end of a sentence. */
const RESTS: { readonly [H in Health]: (environment: string) => string } = {
  pending: (environment) => `the release in ${environment} is not judged yet`,
  good: (environment) => `the release in ${environment} is healthy`,
  bad: (environment) => `the release in ${environment} was marked bad`,
};

const failing = (preview: Waiting["preview"]) => (preview?.checks ?? []).filter(({ passed }) => !passed);

const toneOf = ({ preview }: Waiting): Tone =>
  failing(preview).every(({ code }) => STILL_COMING.includes(code)) ? "wait" : "bad";

const holdFact = ({ scope, reason }: Standing["holds"][number]): Fact => ({
  text: `${scope === "all" ? "everything" : scope} is held: ${reason}`,
  tone: "bad",
  place: "releases",
  ...(scope === "all" ? {} : { id: scope }),
});

function nextFacts(waiting: Waiting): readonly Fact[] {
  const { environment, bundle, preview } = waiting;
  const place = { place: "releases", id: environment } as const;
  if (preview === null)
    return [{ text: `${shortBundle(bundle.bundle_id)} waits for ${environment}`, tone: "wait", ...place }];
  const missed = failing(preview);
  return missed.length === 0
    ? [{ text: `${shortBundle(bundle.bundle_id)} may go to ${environment}`, tone: "good", ...place }]
    : missed.map(
        ({ message }): Fact => ({
          text: `${environment}: ${message.replaceAll(bundle.bundle_id, shortBundle(bundle.bundle_id))}`,
          tone: toneOf(waiting),
          ...place,
        }),
      );
}

function standingFacts({ environment, bundle, canary }: Standing["environments"][number]): readonly Fact[] {
  const place = { place: "releases", id: environment } as const;
  if (bundle === null) return [{ text: `nothing is released in ${environment}`, tone: "idle", ...place }];
  const name = shortBundle(bundle.bundle_id);
  if (canary === null)
    return [{ text: `${environment} runs ${name}`, tone: HEALTH_LOOKS[bundle.health].tone, ...place }];
  return [
    {
      text: `${environment} tries ${name} on ${canary.share_percent} % of its new runs${canary.stalled_at === null ? "" : ", too few to judge it"}`,
      tone: canary.stalled_at === null ? "busy" : "wait",
      ...place,
    },
  ];
}
