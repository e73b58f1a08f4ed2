import { ASSERTIONS } from "./assertions.ts";
import type { SoakCheckpoint, SoakGate } from "./soak.ts";

/** A file of a soak's report. */
export interface SoakFile {
  readonly path: string;
  readonly text: string;
}

/** What a soak came to, as files that name no place of this host. `commands` is what was typed, with its exit code. */
export function soakFiles(
  checkpoints: readonly SoakCheckpoint[],
  { gate, command, exit }: { readonly gate: SoakGate; readonly command: string; readonly exit: number },
): readonly SoakFile[] {
  const results = resultsOf(checkpoints);
  return [
    json("continuity-assertions.json", results),
    { path: "continuity-assertions.md", text: markdown(results) },
    json("deterministic-checkpoints.json", checkpoints),
    json("release-gate.json", gate),
    { path: "commands.log", text: `${JSON.stringify({ command, exit_code: exit })}\n` },
  ];
}

interface AssertionResult {
  readonly assertion: string;
  readonly predicate: string;
  /** Playings that put it to the test. */
  readonly judged: number;
  readonly failed_in: readonly string[];
  readonly passed: boolean;
}

/** Each assertion over all playings; one that no playing put to the test has not passed. */
const resultsOf = (checkpoints: readonly SoakCheckpoint[]): readonly AssertionResult[] =>
  Object.entries(ASSERTIONS).map(([assertion, predicate]) => {
    const judged = checkpoints.filter((each) => assertion in each.payload.continuity_assertion_results);
    const failed = judged.filter((each) => each.payload.continuity_assertion_results[assertion] !== true);
    const failed_in = failed.map(({ iteration, payload }) => `${payload.scenario_id}/${iteration}`);
    return { assertion, predicate, judged: judged.length, failed_in, passed: judged.length > 0 && failed.length === 0 };
  });

const markdown = (results: readonly AssertionResult[]): string =>
  [
    "# Continuity assertions",
    "",
    "| assertion | states that | judged | result |",
    "|---|---|--:|---|",
    ...results.map(
      ({ assertion, predicate, judged, failed_in: failed, passed }) =>
        `| ${assertion} | ${predicate} | ${judged} | ${passed ? "passed" : judged === 0 ? "not judged" : `failed in ${failed.join(", ")}`} |`,
    ),
    "",
  ].join("\n");

const json = (path: string, document: object): SoakFile => ({ path, text: `${JSON.stringify(document, null, 2)}\n` });
