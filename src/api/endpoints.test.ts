import { z } from "@hono/zod-openapi";
import { describe, expect, test } from "vitest";
import { ENDPOINTS } from "./endpoints.ts";
import { digest, name, time } from "./wire/parts.ts";

test("no two requests have one address", () => {
  const addresses = ENDPOINTS.map(({ method, path }) => `${method} ${path}`);

  expect(addresses.filter((address, at) => addresses.indexOf(address) !== at)).toEqual([]);
});

/** Texts that nobody types for the record: documents, what is looked up or compared, and the secrets that are sealed. */
const NOT_SAID = new Set(
  [
    "policy canary_policy document bundle text profile subject measured_value",
    "at since after expires_at principal_id value service origin secret",
    "token preview_sha256 payloadType payload keyid sig name branch commit environment",
  ].flatMap((fields) => fields.split(" ")),
);

interface Entry {
  readonly entry: string;
  readonly text: z.ZodString;
}

/** Every text that somebody may type into a request, whatever it is wrapped in. */
const SAID: readonly Entry[] = ENDPOINTS.filter(({ method }) => method === "post").flatMap(({ path, request }) =>
  textsIn(request.body, `${path} $`),
);

function textsIn(schema: unknown, at: string): readonly Entry[] {
  if (schema === name || schema === digest || schema === time) return [];
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([field, part]) =>
      NOT_SAID.has(field) ? [] : textsIn(part, `${at}.${field}`),
    );
  if (schema instanceof z.ZodArray) return textsIn(schema.element, `${at}[]`);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return textsIn(schema.unwrap(), at);
  return schema instanceof z.ZodString ? [{ entry: at, text: schema }] : [];
}

describe("what people type for the record", () => {
  test.each(SAID)("$entry takes a sentence, but no secret, no address and nothing that is too long", ({ text }) => {
    const issues = (said: string) => text.safeParse(said).error?.issues.map(({ message }) => message) ?? [];

    expect(issues("the supplier was down, see #17")).toEqual([]);
    expect(issues(`it used ${["sk_live_", "ABCDEFGH1234"].join("")}`)).toEqual([
      "holds what may not be stored (prefix:sk_)",
    ]);
    expect(issues(`asked by ${["jane.doe", "example.org"].join("@")}`)).toEqual([
      "holds what may not be stored (rfc5322)",
    ]);
    expect(issues("a ".repeat(501))).toHaveLength(1);
  });

  test("are the reasons of acts, the statements of approvals, and what an incident or a correction rests on", () => {
    const fields = new Set(SAID.map(({ entry }) => entry.split(".").at(-1)));

    expect([...fields].toSorted()).toEqual(["evidence", "reason", "statement"]);
    expect(SAID.length).toBeGreaterThanOrEqual(20);
  });
});
