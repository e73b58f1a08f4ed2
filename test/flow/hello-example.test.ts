import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { helloPack } from "../../examples/hello/pack.ts";
import { openReception } from "../../examples/hello/reception.ts";
import { helloTools } from "../../examples/hello/tools.ts";
import { compilePack, parsePack } from "../../src/index.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { approvalIdOf, asApproval, asCalled, asRun, type Got, read } from "../http/answer.ts";

let database: FreshDatabase;
let directory: string;
let reception: Awaited<ReturnType<typeof openReception>>;

beforeAll(async () => {
  database = await freshDatabase();
  directory = await mkdtemp(join(tmpdir(), "countermark-hello-"));
  reception = await openReception({ directory, server: database.options, port: 0 });
});

afterAll(async () => {
  await reception.close();
  await rm(directory, { recursive: true });
  await database.drop();
});

/** The API's answer to one of the two. */
async function ask(who: "ann" | "ben", path: string, body?: object): Promise<Got> {
  const headers = { authorization: `Bearer ${reception.keys[who]}`, "content-type": "application/json" };
  const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
  return read(await fetch(`${reception.origin}${path}`, init));
}

const call = async (tool: string, input: object) => asCalled(await ask("ann", "/v1/calls", { tool, input })).body;

test("the example's pack is the same in YAML and in TypeScript, to the digest", async () => {
  const yaml = parsePack(await readFile(new URL("../../examples/hello/pack.yaml", import.meta.url), "utf8"));

  expect(yaml.ok && digestOf(yaml.pack)).toBe(digestOf(helloPack(helloTools(new Map()))));
});

function digestOf(draft: Parameters<typeof compilePack>[0]): string {
  const compilation = compilePack(draft);
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.errors));
  return compilation.compiled.config_hash;
}

test("the example's reading tool answers at once", async () => {
  expect(await call("greet", { guest: "Ada" })).toMatchObject({
    status: "SUCCEEDED",
    output: { greeting: "Hello, Ada!" },
  });
});

test("the example's voucher waits for ben, is given once, and leaves a receipt", async () => {
  const asked = await call("giveVoucher", { guest: "Ada", amount_cents: 1_500, currency: "EUR" });
  const path = `/v1/approvals/${approvalIdOf(asked)}`;
  const byAnn = asApproval(await ask("ann", path)).body;
  const { token, preview_sha256 } = asApproval(await ask("ben", path)).body;

  const decided = await ask("ben", `${path}/decision`, { decision: "APPROVE", token, preview_sha256 });

  expect(asked).toMatchObject({ status: "SUSPENDED_HITL", output: null });
  expect(byAnn.actions).toContainEqual(expect.objectContaining({ name: "approve", code: "ROLE_REQUIRED" }));
  expect(decided.body).toMatchObject({ status: "APPROVED", missing: 0 });
  await expect
    .poll(async () => asRun(await ask("ann", `/v1/runs/${asked.run_id}`)).body)
    .toMatchObject({
      status: "SUCCEEDED",
      receipts: [{ status: "claimed", external_transaction_id: "voucher-1", amount_minor: "1500", currency: "EUR" }],
    });
  expect([...reception.till.values()]).toEqual([{ guest: "Ada", cents: 1_500 }]);
});
