import { beforeAll, expect, test } from "vitest";
import { appendOutside, readStream, type StreamEntry, tellStream } from "../../src/ledger/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { realHost } from "../database/real-host.ts";
import { addTenant, useDatabase } from "./runs.ts";

const database = useDatabase();
let tenant: string;

/** More than come from the database at once. */
const NOTES = 300;
const TEXT = "x".repeat(1_000);

beforeAll(async () => {
  tenant = await addTenant(database());
  for (const stream of ["notes", "others"]) {
    await inTenant(database(), tenant, async (sql) => {
      for (let nth = 1; nth <= (stream === "notes" ? NOTES : 1); nth++) {
        await appendOutside(sql, realHost, {
          tenantId: tenant,
          stream,
          type: "note.made",
          actor: "tester",
          correlation: "c",
          channel: "ci",
          severity: "info",
          payload: { nth, text: TEXT },
        });
      }
    });
  }
});

async function told(head: number, of = tenant): Promise<readonly StreamEntry[]> {
  const entries: StreamEntry[] = [];
  await inTenant(database(), of, (sql) => tellStream(sql, { stream: "notes", head }, (entry) => entries.push(entry)));
  return entries;
}

test("the entries of one stream are told in order, each as it was written, up to the head that was asked for", async () => {
  const written = await inTenant(database(), tenant, (sql) => readStream(sql, "notes", 0, NOTES));
  const entries = await told(NOTES);

  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: NOTES }, (_, index) => index + 1));
  for (const [index, entry] of entries.entries()) expect(written[index]).toMatchObject(entry);
  expect((await told(7)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(await told(NOTES, await addTenant(database()))).toEqual([]);
});

test("whoever cannot hear an entry is told no more, learns why, and the connection goes on", async () => {
  const heard: number[] = [];
  await inTenant(database(), tenant, async (sql) => {
    const telling = tellStream(sql, { stream: "notes", head: NOTES }, ({ seq }) => {
      heard.push(seq);
      if (seq === 3) throw new Error("enough");
    });
    await expect(telling).rejects.toThrow("enough");
    const after = await readStream(sql, "others", 0, 10);
    expect(after).toHaveLength(1);
  });

  expect(heard).toEqual([1, 2, 3]);
});
