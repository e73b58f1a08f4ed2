import { expect, test } from "vitest";
import { activateTestPack } from "./test-pack.ts";
import { useWorld } from "./world.ts";

// One installation, opened anew by every command: no server runs.
const { json, run } = useWorld(activateTestPack);

test("where nothing happened it is said since when; then P1-T-RK08b a card at the record is told, with where and what to do", async () => {
  const before = await run(["alerts"]);
  const started = await json(["run", "start", "gossip", "--input", "{}"]);

  const told = await run(["alerts"]);
  const listed = await json(["alerts", "--since", "1h"]);

  expect(before).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^no alerts since .* UTC \(1 d ago\)\n$/) });
  const [head, ...rows] = told.stdout.trimEnd().split("\n");
  expect(head).toMatch(/^WHEN +SEVERITY +RUN +STEP +TOOL +RUNBOOK +WHAT$/);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatch(
    new RegExp(
      `P1 +${started.data.run_id} +only +gossip +RB-04 +a card number in its output at \`\\$\\.text\` was stopped`,
    ),
  );
  expect(told.stderr).toContain("docs/runbook.md");
  expect(listed).toMatchObject({ exit: 0, data: { next: null, alerts: [{ severity: "P1", tool: "gossip" }] } });
});

test("a time that is none is refused, and the help says what to type", async () => {
  const refused = await run(["alerts", "--since", "yesterday"]);
  const help = await run(["alerts", "--help"]);

  expect(refused).toMatchObject({ exit: 2, stdout: "" });
  expect(help.stdout).toContain("countermark alerts --since 7d");
});
