import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { openApiDocument } from "./app.ts";
import { ENDPOINTS } from "./endpoints.ts";

const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
const reference = new URL("../../docs/reference/openapi.json", import.meta.url);

/** What OpenAPI 3.1 requires of a document as a whole; its schemas are JSON Schema 2020-12. */
const operation = z.object({
  summary: z.string().min(1),
  responses: z.record(z.string().regex(/^(default|[1-5]\d\d)$/), z.object({ description: z.string().min(1) })),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z
    .array(z.object({ name: z.string(), in: z.enum(["path", "query", "header"]), required: z.boolean().optional() }))
    .optional(),
});
const document = z.object({
  openapi: z.literal("3.1.0"),
  info: z.object({ title: z.string(), version: z.string() }),
  paths: z.record(z.string().startsWith("/"), z.partialRecord(z.enum(["get", "post"]), operation)),
  components: z.object({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});

test("the committed reference is the document that the schemas give (`node dist/tools/openapi.js` prints it)", async () => {
  expect(await readFile(reference, "utf8")).toBe(text);
});

test("the document is OpenAPI 3.1: each path's parameters are declared, each reference leads somewhere", () => {
  const parsed = document.parse(JSON.parse(text));

  for (const [path, methods] of Object.entries(parsed.paths)) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [] } of Object.values(methods)) {
      const declared = parameters.filter((parameter) => parameter.in === "path");
      expect(declared.map(({ name }) => name)).toEqual(names);
      expect(declared.every(({ required }) => required === true)).toBe(true);
    }
  }
  for (const [, name = ""] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    expect(Object.keys(parsed.components.schemas)).toContain(name);
  }
});

test("every endpoint is in the document, and needs a key there", () => {
  const { paths } = document.parse(JSON.parse(text));

  for (const { method, path } of ENDPOINTS) expect(paths[path]?.[method]?.security).toEqual([{ key: [] }]);
});
