import { z } from "@hono/zod-openapi";
import {
  formatInstant,
  type Instant,
  isJson,
  isJsonObject,
  type Json,
  type JsonObject,
} from "../../contracts/index.ts";
import { unstorableText } from "../storable-input.ts";

/** The parts of wire documents that several requests share. */

export const json = z
  .custom<Json>((value) => isJson(value), "is not plain JSON")
  .openapi({ type: ["object", "array", "string", "number", "boolean", "null"] });

export const jsonObject = z
  .custom<JsonObject>((value) => isJson(value) && isJsonObject(value), "is not an object")
  .openapi({ type: "object", additionalProperties: true });

/** RFC 3339, UTC. */
export const time = z.string().openapi({ format: "date-time", example: "2026-01-02T03:04:05.678Z" });

/** Our own ids and names; longer than any of them, shorter than an abuse. */
export const name = z.string().min(1).max(255);

/** What a person types for the record, which may be nothing. Refused where redaction would touch it. */
export const said = z
  .string()
  .max(1_000, { abort: true })
  .superRefine((text, { addIssue }) => {
    const problem = unstorableText(text);
    if (problem !== null) addIssue({ code: "custom", message: problem });
  });

/** Why somebody acts, for the record. */
export const reason = said.min(1);

export const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Rows of one page. */
const PAGE_MAX = 200;
export const limit = z.coerce.number().int().min(1).max(PAGE_MAX).default(50);

/** A sequence number; what follows it is read. */
export const afterSeq = z.coerce.number().int().min(0).default(0);

export const timeOf = (at: Instant): string => formatInstant(at);
export const timeOrNull = (at: Instant | null): string | null => (at === null ? null : formatInstant(at));

/** The cursor of the next page: that of the last row of a full page, null where nothing follows. */
export const nextOf = <Row, Cursor>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => Cursor,
): Cursor | null => {
  const last = rows.at(-1);
  return last === undefined || rows.length < limit ? null : cursorOf(last);
};
