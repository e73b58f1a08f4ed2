import { accepted, type Json, type Result, rejected } from "../contracts/index.ts";
import type { WaiverInput } from "../gate/index.ts";
import type { Arguments, Context, Option } from "./command.ts";
import { OBJECT_PLACES, readObject, readText } from "./files.ts";

/** Waivers that are offered to a decision, and what they have to be for. */
export const WAIVER_OPTIONS: readonly Option[] = [
  { flags: "--waivers <file>", summary: "a waiver file, of the contract release_exceptions_v2; asks for --roster" },
  { flags: "--roster <file>", summary: `who may approve waivers, such as {"ann":["release_owner"]}: ${OBJECT_PLACES}` },
  { flags: "--branch <name>", summary: "the branch that waivers have to be for" },
  { flags: "--environment <name>", summary: "the environment that waivers have to be for" },
  { flags: "--commit <id>", summary: "the commit that waivers have to be for" },
  { flags: "--bundle <digest>", summary: "the bundle that waivers have to be for" },
];

/** What these options say; null without `--waivers`. Refused: USAGE, INVALID_INPUT, and as files are. */
export async function waiversFor(context: Context, args: Arguments): Promise<Result<WaiverInput | null>> {
  const file = args.value("waivers");
  if (file === undefined) return accepted(null);
  const given = args.value("roster");
  if (given === undefined)
    return rejected({ code: "USAGE", message: "`--waivers` asks for `--roster`, which says who may approve them" });
  const [source, roster] = [await readText(context, file), await readObject(context, given)];
  if (!source.ok) return source;
  if (!roster.ok) return roster;
  const roles = Object.entries(roster.value).map(([identity, named]) => [identity, stringsIn(named)] as const);
  const foreign = roles.find(([, named]) => named === undefined);
  if (foreign !== undefined)
    return rejected({ code: "INVALID_INPUT", message: `the roster's \`${foreign[0]}\` has no list of roles` });
  const [branch, environment, commit, bundle] = ["branch", "environment", "commit", "bundle"].map(
    (name) => args.value(name) ?? null,
  );
  return accepted({
    source: source.value,
    roster: Object.fromEntries(roles.map(([identity, named = []]) => [identity, named])),
    place: {
      branch: branch ?? null,
      environment: environment ?? null,
      commit: commit ?? null,
      bundle_digest: bundle ?? null,
    },
    history: [],
  });
}

const stringsIn = (value: Json): readonly string[] | undefined => {
  const strings = Array.isArray(value) ? value.filter((one) => typeof one === "string") : undefined;
  return Array.isArray(value) && strings?.length === value.length ? strings : undefined;
};
