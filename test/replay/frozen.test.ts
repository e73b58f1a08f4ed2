import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { digestOf, type Json } from "../../src/contracts/index.ts";
import { readTranscript, replayTranscript } from "../../src/run/index.ts";
import { FROZEN, type Frozen, freezeProblem, frozenWith } from "../../tools/freeze.ts";

const folder = new URL("transcripts/", import.meta.url);
const textOf = (file: string): Json => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
const frozen: Frozen = JSON.parse(readFileSync(new URL(FROZEN, folder), "utf8"));
const names = Object.keys(frozen);

describe("recorded runs of earlier builds", () => {
  test("every file is listed, and every one that is listed is there", () => {
    const files = readdirSync(folder).filter((file) => file !== FROZEN);

    expect(files.map((file) => file.replace(".json", "")).sort()).toEqual(names);
    expect(names.length).toBeGreaterThanOrEqual(8);
  });

  test.each(names)("P1-T15 `%s` is as it was frozen, and this build decides it alike, event by event", (name) => {
    const transcript = textOf(`${name}.json`);

    const read = readTranscript(transcript);
    const again = read.ok ? replayTranscript(read.value) : read.refusal;

    expect(digestOf(transcript)).toBe(frozen[name]);
    expect(again).toMatchObject({ equal: true, drift: "D0", first: null });
  });

  test("a run that ended reaches the document that it ended with", () => {
    for (const name of names) {
      const read = readTranscript(textOf(`${name}.json`));
      const ended = read.ok ? read.value.events.at(-1)?.event : undefined;
      if (!read.ok || ended?.type !== "run.ended") continue;

      expect(replayTranscript(read.value)).toMatchObject({ document_sha256: ended.payload.document_sha256 });
    }
  });
});

describe("freezing", () => {
  const name = "order-fulfilled";
  const transcript = textOf(`${name}.json`);

  test("one that is frozen is not changed, a new one joins the others", () => {
    expect(freezeProblem(frozen, name, transcript)).toContain("is frozen already");
    expect(freezeProblem(frozen, "one-more", transcript)).toBeNull();
    expect(Object.keys(frozenWith({ b: "x" }, "a", transcript))).toEqual(["a", "b"]);
  });

  test("what this build would decide otherwise, or cannot read, is not frozen", () => {
    const forged: Json = JSON.parse(
      JSON.stringify(transcript).replace('"outcome":"SUCCESS"', '"outcome":"EXPECTED_FAILURE"'),
    );

    expect(freezeProblem({}, "forged", forged)).toMatch(/not decided alike: D5/);
    expect(freezeProblem({}, "empty", {})).toContain("not a transcript");
    expect(freezeProblem({}, "../up", transcript)).toContain("is no name");
  });
});
