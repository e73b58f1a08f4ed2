import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onAdmin } from "../database/admin.ts";
import { freshDatabase } from "../database/database.ts";
import { newFolder, runCli } from "./run-cli.ts";

const doctor = async (world: Parameters<typeof runCli>[1]) => {
  const { exit, stdout } = await runCli(["doctor", "--json"], world);
  const findings: readonly { name: string; status: string; detail: string; remedy: string | null }[] =
    JSON.parse(stdout).findings;
  return { exit, of: (name: string) => findings.find((finding) => finding.name === name) };
};

test("the doctor finds a healthy database in order, and makes nothing", async () => {
  const fresh = await freshDatabase();

  const report = await doctor({ cwd: newFolder(), server: fresh.options });

  expect(report.exit).toBe(0);
  for (const name of ["node", "database", "clock", "schema", "roles", "row security"])
    expect(report.of(name)).toMatchObject({ status: "ok", remedy: null });
  await fresh.drop();
});

test("the doctor finds a table whose row security was switched off", async () => {
  const fresh = await freshDatabase();
  await onAdmin(fresh.options, (sql) => sql`alter table countermark.receipt no force row level security`);

  const report = await doctor({ cwd: newFolder(), server: fresh.options });

  expect(report.exit).toBe(1);
  expect(report.of("row security")).toMatchObject({ status: "fail", detail: "not in force on `receipt`" });
  await fresh.drop();
});

test("the doctor names a missing migration, and a database without any is only new", async () => {
  const fresh = await freshDatabase();
  const world = { cwd: newFolder(), server: fresh.options };
  await runCli(["migrate", "down", "--to", "1", "--yes"], world);

  const behind = await doctor(world);
  await onAdmin(fresh.options, (sql) => sql`drop schema countermark cascade`);
  const empty = await doctor(world);

  expect(behind.of("schema")).toMatchObject({ status: "fail", remedy: "run `countermark migrate up`" });
  expect(empty).toMatchObject({ exit: 0 });
  expect(empty.of("schema")?.status).toBe("warn");
  await fresh.drop();
});

test("the doctor fails on keys that others may read, and on a database that does not answer", async () => {
  const cwd = newFolder();
  mkdirSync(join(cwd, ".countermark"));
  writeFileSync(join(cwd, ".countermark/key"), "cmk_test\n");
  chmodSync(join(cwd, ".countermark/key"), 0o644);

  const report = await doctor({ cwd, env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" } });
  const said = await runCli(["doctor"], { cwd, env: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" } });

  expect(report.exit).toBe(1);
  expect(report.of("keys")).toMatchObject({ status: "fail", detail: "others may read key" });
  expect(report.of("database")).toMatchObject({ status: "fail", code: "DATABASE_UNAVAILABLE" });
  expect(said.stdout).toMatch(
    /fail {2}database +the database connection failed \(ECONNREFUSED\)\n {6}remedy: check DATABASE_URL/,
  );
});

test("the doctor fails on a scheduler that does not answer, and asks none that is not used", async () => {
  const fresh = await freshDatabase();
  const world = { cwd: newFolder(), server: fresh.options, env: { TEMPORAL_ADDRESS: "127.0.0.1:1" } };

  const unused = await runCli(["doctor"], world);
  const used = await runCli(["doctor", "--scheduler", "temporal"], world);

  expect(unused).toMatchObject({ exit: 0, stdout: expect.not.stringContaining("scheduler") });
  expect(used.exit).toBe(1);
  expect(used.stdout).toMatch(
    /fail +scheduler +no Temporal .* answers at 127\.0\.0\.1:1.*\n {6}remedy: check TEMPORAL_ADDRESS/,
  );
  await fresh.drop();
});
