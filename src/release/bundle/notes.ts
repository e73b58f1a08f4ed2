import type { Lineage, LineageNode } from "../lineage/model.ts";
import type { Manifest, Remarks } from "./manifest.ts";
import { type PolicyChange, policyChanges } from "./remarks.ts";

/** Where a bundle with a lineage has what is to be told of it. */
export const NOTES_FILE = "RELEASE_NOTES.md";

/** What notes are made of. Neither the bundle's id nor when it was built: notes are part of what both are made of. */
export type Noted = Pick<Manifest, "policies" | "waivers" | "source" | "remarks"> & {
  readonly pack: Pick<Manifest["pack"], "id" | "version">;
  readonly lineage: Lineage;
};

/**
 * REL-02: what people have to know of a release: what it is of, who decided on it by what, what was waived for it, what somebody
 * vouched for, what it cannot do, what changed in its policies and what it goes back to. Made of the bundle, so nothing that was waived can be left out: a verification makes them again.
 */
export function releaseNotes({ pack, source, policies, waivers, lineage, remarks }: Noted): string {
  const { nodes, edges } = lineage.lineage;
  const decisions = nodes.filter(({ type, kind }) => type === "decision" && kind === "gate");
  const vouched = edges.filter(({ relation }) => relation === "attests");
  return [
    `# ${plain(pack.id)} ${plain(pack.version)}`,
    "",
    `- commit ${source.commit}`,
    `- registry ${plain(lineage.candidate.registry_ref)}`,
    `- lineage ${lineage.digest}`,
    ...policies.map(({ id, version, digest }) => `- policy ${plain(id)} ${plain(version)}, sha256:${digest}`),
    ...section("Decisions", decisions.map(decisionLine), "nothing was decided about it"),
    ...section("Waived", waivers.map(waiverLine), "nothing"),
    ...section(
      "Vouched for by people",
      vouched.map(({ source: by, target }) => vouchedLine(nodes, { by, target })),
      "nothing",
    ),
    ...remarkSections(remarks, policies),
    "",
  ].join("\n");
}

function remarkSections(remarks: Remarks | undefined, policies: Manifest["policies"]): readonly string[] {
  if (remarks === undefined) return section("Limitations, changes of policies, going back", [], "nobody said");
  const { limitations, replaces, rolled_back } = remarks;
  return [
    ...section("Limitations", limitations.map(plain), "none is known"),
    ...section("Changes of policies", policyChanges(remarks, policies).map(changeLine), "none"),
    ...section(
      "Going back",
      replaces === null ? [] : [`to ${plain(replaces.bundle_id)}, root sha256:${replaces.root_digest}`],
      "nowhere: it is the first release",
    ),
    ...(rolled_back === undefined
      ? []
      : section("Rolled back before", [`${plain(rolled_back.bundle_id)}: ${plain(rolled_back.reason)}`], "")),
  ];
}

const changeLine = ({ id, from, to, reason }: PolicyChange): string =>
  `${plain(id)} from ${versionOf(from)} to ${versionOf(to)}: ${plain(reason)}`;

const versionOf = (policy: PolicyChange["from"]): string =>
  policy === undefined ? "none" : `${plain(policy.version)} (sha256:${policy.digest.slice(0, 12)})`;

const section = (title: string, lines: readonly string[], none: string): readonly string[] => [
  "",
  `## ${title}`,
  "",
  ...(lines.length === 0 ? [none] : lines.map((line) => `- ${line}`)),
];

const decisionLine = ({ id, value, profile, report_digest }: LineageNode): string =>
  [
    `${plain(id)}: ${plain(value)}`,
    typeof profile === "string" ? `profile ${plain(profile)}` : "",
    plain(report_digest),
  ]
    .filter((part) => part !== "")
    .join(", ");

const waiverLine = ({ waiver_id, check_id, reason, approved_by, expires_at }: Manifest["waivers"][number]): string =>
  `${plain(check_id)} by ${plain(waiver_id)} until ${expires_at}, approved by ${approved_by.map(plain).join(", ")}: ${plain(reason)}`;

function vouchedLine(
  nodes: readonly LineageNode[],
  { by, target }: { readonly by: string; readonly target: string },
): string {
  const node = nodes.find(({ id }) => id === by);
  return `${plain(target)} by ${plain(node?.reviewer)}, ${plain(by)}, ${plain(node?.sha256)}`;
}

/** Text of a line that Markdown does not read as more than text. */
const plain = (value: unknown): string =>
  typeof value === "string" ? value.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_[\]<>#|]/g, "\\$&") : "not known";
