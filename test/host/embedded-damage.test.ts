import { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Fault } from "../../src/contracts/index.ts";
import { openEmbedded } from "../../src/store/embedded/index.ts";
import { realHost } from "../database/real-host.ts";
import { contents, makeProject, type Project, removeProjects } from "./projects.ts";

afterEach(removeProjects);

const open = (project: Project) => openEmbedded({ ...project, host: realHost });

async function initialisedProject(): Promise<Project> {
  const project = makeProject();
  await (await open(project)).release();
  return project;
}

async function faultOf(opening: Promise<unknown>): Promise<Fault> {
  const error = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Fault)) throw new Error("no fault", { cause: error });
  return error;
}

/** Overwrites a file but for its first bytes, keeping its size. */
function scribble(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0x5a, 64));
}

const damages: readonly [string, (data: string, directory: string) => void][] = [
  ["without PG_VERSION", (data) => rmSync(join(data, "PG_VERSION"))],
  ["with garbage in PG_VERSION", (data) => writeFileSync(join(data, "PG_VERSION"), "garbage")],
  ["without its control file", (data) => rmSync(join(data, "global/pg_control"))],
  ["with a scribbled control file", (data) => scribble(join(data, "global/pg_control"))],
  ["with a truncated control file", (data) => truncateSync(join(data, "global/pg_control"), 100)],
  [
    "with a scribbled write-ahead log",
    (data) =>
      readdirSync(join(data, "pg_wal"))
        .filter((name) => /^[0-9A-F]{24}$/.test(name))
        .forEach((name) => {
          scribble(join(data, "pg_wal", name));
        }),
  ],
  ["without its base folder", (data) => renameSync(join(data, "base"), join(data, "moved"))],
  ["with a broken configuration", (data) => writeFileSync(join(data, "postgresql.conf"), "fsync = perhaps\n")],
  ["whose data directory is gone", (data) => renameSync(data, `${data}.away`)],
  ["without database.json", (_, directory) => rmSync(join(directory, "database.json"))],
  ["with garbage in database.json", (_, directory) => writeFileSync(join(directory, "database.json"), "{")],
];

test.each(damages)("a database %s is reported as damaged and left as it is", async (_, damage) => {
  const project = await initialisedProject();
  damage(join(project.directory, "database/data"), project.directory);
  const before = contents(project.directory);

  const fault = await faultOf(open(project));

  expect(fault).toMatchObject({ code: "EMBEDDED_CORRUPT", retry: "never" });
  expect(fault.message).not.toContain("\n");
  expect(contents(project.directory)).toEqual(before);
  expect(readdirSync(join(project.directory))).not.toContain("start.lock");
});

test("a database of another major version is not touched and not called damaged", async () => {
  const project = await initialisedProject();
  writeFileSync(join(project.directory, "database/data/PG_VERSION"), "17\n");
  const before = contents(project.directory);

  const fault = await faultOf(open(project));

  expect(fault).toMatchObject({ code: "EMBEDDED_UNAVAILABLE" });
  expect(contents(project.directory)).toEqual(before);
});

test("missing binaries are reported with the cause", async () => {
  const project = makeProject();
  const installation = { folder: join(project.folder, "nowhere"), version: "18.4.0" };

  const fault = await faultOf(openEmbedded({ ...project, installation, host: realHost }));

  expect(fault).toMatchObject({ code: "EMBEDDED_UNAVAILABLE", cause: expect.anything() });
});

test("a file where the directory should be is reported with the cause", async () => {
  const project = makeProject();
  writeFileSync(project.directory, "");

  const fault = await faultOf(open(project));

  expect(fault).toMatchObject({ code: "EMBEDDED_UNAVAILABLE", cause: expect.anything() });
});
