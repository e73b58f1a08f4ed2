import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import fc from "fast-check";
import { expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { assert, instant, type JsonObject, keepable, sha256Hex } from "../contracts/index.ts";
import { evaluate } from "./evaluate.ts";
import { decisionJunit } from "./junit.ts";
import { decisionMarkdown } from "./markdown.ts";
import { parsePolicy } from "./policy.ts";
import { decisionSarif } from "./sarif.ts";

/** The standard's schema, in draft 4 of JSON Schema, of which it uses nothing that later drafts read otherwise. */
const {
  $schema: _draft,
  id: _id,
  ...SARIF
}: JsonObject = JSON.parse(readFileSync("src/gate/testing/sarif-2.1.0.schema.json", "utf8"));
const isSarif = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(SARIF);
const JUNIT = readFileSync("src/gate/testing/junit.xsd", "utf8");

/** A decision in which gates pass, fail, lack evidence and do not count, and whose texts are these, as far as a policy may have them. */
function decisionOf(evidenced: string) {
  const text = keepable(evidenced);
  const policy = parsePolicy(
    JSON.stringify({
      id: "shop",
      version: "1.0.0",
      engine: 1,
      derive: { fn: "units", version: 1 },
      rows: { run: { good: "boolean", name: "string" } },
      sources: ["gone"],
      validity_seconds: 3600,
      groups: [{ id: "all", title: text }],
      metrics: [
        { id: "correct", kind: "ratio", from: "run", good: "$.good == true", tell: "name" },
        { id: "runs", kind: "count", from: "run" },
      ],
      gates: [
        { id: "fails", title: text, group: "all", metric: "correct", limit: 1, needs: [], remedy: text },
        { id: "apart", metric: "correct", each: "name", limit: 1, needs: [], severity: "medium", remedy: text },
        { id: "lacks", metric: "correct", limit: 0, needs: ["gone"], severity: "low", remedy: text },
        { id: "out", metric: "correct", limit: 0, needs: ["gone"], remedy: text },
        { id: "warns", metric: "runs", op: "<=", stages: { warn: 1 }, needs: [], remedy: text },
        { id: "passes", metric: "runs", op: ">=", limit: 1, needs: [], triggers: ["runs"], remedy: text },
      ],
      profiles: { only: { excluded: ["out"] } },
    }),
  );
  assert(policy.ok, policy.ok ? "" : JSON.stringify(policy.errors));
  const unit = (id: string, good: boolean) => ({
    ...{ id, at: null, channel: null, rows: [`${id}${evidenced}`], isValid: true },
    columns: { good, name: evidenced },
  });
  const evidence = {
    digest: sha256Hex(""),
    sources: {},
    facts: {},
    units: { run: [unit("a", true), unit("b", false)] },
  };
  const decidedAt = instant(Date.UTC(2026, 2, 9));
  const decided = evaluate({ policy: policy.value, profile: null, evidence, decidedAt, waivers: null });
  assert(decided.ok, "it is decided");
  return decided.value.decision;
}

const TRAPS = `]]> &amp; & <b a='1' b="2"> \u0000\u0001\u001b[31m \ufffe \u2028 {0} [here](https://example.com) %s \\ \t\r\n# GO ${"é".repeat(3)} 👍`;

test("SARIF is what its standard's schema says, whatever texts policy and evidence have", () => {
  const texts = fc.oneof(fc.constant(TRAPS), fc.string({ unit: "binary", minLength: 1, maxLength: 40 }));

  fc.assert(
    fc.property(texts, (text) => {
      const log = JSON.parse(JSON.stringify(decisionSarif(decisionOf(text), "1.2.3")));

      expect(isSarif(log), JSON.stringify(isSarif.errors)).toBe(true);
      expect(log.runs[0].results).toHaveLength(5);
    }),
    { numRuns: 5, examples: [[TRAPS]] },
  );
});

test("the standard's schema is asked: a log with a level that is none is not SARIF", () => {
  const log = decisionSarif(decisionOf("a"), "1.2.3");
  const [run] = log.runs;

  expect(isSarif(log)).toBe(true);
  expect(isSarif({ ...log, runs: [{ ...run, results: [{ message: { text: "a" }, level: "critical" }] }] })).toBe(false);
  expect(isSarif({ ...log, runs: [{ results: [] }] })).toBe(false);
});

test("a message of SARIF has no link that the policy did not write", () => {
  const [run] = decisionSarif(decisionOf(TRAPS), "1.2.3").runs;
  const messages = (run?.results ?? []).map(({ message }) => message.text ?? "");

  expect(messages.join()).toContain("\\[here\\](https://example.com)");
  expect(messages.join()).not.toMatch(/(?<!\\)\]\(/);
});

test("JUnit is XML as the readers of reports take it, and says the texts that XML can say", async () => {
  const xml = decisionJunit(decisionOf(TRAPS));

  const { valid, errors, normalized } = await validateXML({ xml, schema: JUNIT, normalization: "c14n" });

  expect(errors).toEqual([]);
  expect(valid).toBe(true);
  expect(normalized).toContain(
    "]]&gt; &amp;amp; &amp; &lt;b a='1' b=\"2\"&gt; \ufffd\ufffd\ufffd[31m \ufffd \u2028 {0}",
  );
  expect(normalized.match(/<(failure|error|skipped)/g)).toEqual([
    "<failure",
    "<failure",
    "<error",
    "<skipped",
    "<failure",
  ]);
});

test("the readers' schema is asked: a count that is none, or a case of no name, is no report", async () => {
  const xml = decisionJunit(decisionOf("a"));
  const of = async (changed: string) => (await validateXML({ xml: changed, schema: JUNIT })).valid;

  expect(await of(xml)).toBe(true);
  expect(await of(xml.replace(/tests="\d+"/, 'tests="some"'))).toBe(false);
  expect(await of(xml.replace(/ name="lacks"/, ""))).toBe(false);
});

test("no text of evidence begins a line of a Markdown page: it would be a heading, or a row, that nobody decided", () => {
  const page = decisionMarkdown(decisionOf("a\r\n## ✅ GO\n| x |"));

  expect(page.match(/^## .*$/gm)).toEqual([expect.stringContaining("NO-GO: shop 1.0.0")]);
  expect(page).not.toMatch(/^\| x/m);
});
