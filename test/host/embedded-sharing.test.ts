import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as briefly } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openEmbedded } from "../../src/store/embedded/index.ts";
import { realHost } from "../database/real-host.ts";
import { compileMember, type Member, openMember, removeTree, spawnMember } from "./members.ts";
import { dataOf, makeProject, type Project, postmasterPid, removeProjects, withSql } from "./projects.ts";

let program: string;
beforeAll(() => {
  program = compileMember();
});
afterAll(() => removeTree(program));
afterEach(removeProjects);

async function open(project: Project): Promise<Member> {
  const opening = await openMember(program, project);
  if ("fault" in opening) throw new Error(opening.fault.message);
  return opening.opened;
}

const serverPid = (project: Project): number | undefined => postmasterPid(dataOf(project) ?? "");

const startedAt = (member: Member) =>
  withSql(member.connection, async (sql) => String((await sql`select pg_postmaster_start_time()::text as at`)[0]?.at));

/** Looks every few milliseconds: files and processes of others announce nothing. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await briefly(5);
}

test("the first process starts a durable server on a private socket with a secret password", async () => {
  const project = makeProject();

  const member = await open(project);

  const settings = await withSql(
    member.connection,
    (sql) => sql`select name, setting from pg_settings
      where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'jit') order by name`,
  );
  expect(settings.map(({ name, setting }) => `${name}=${setting}`)).toEqual([
    "fsync=on",
    "full_page_writes=on",
    "jit=off",
    "listen_addresses=",
    "synchronous_commit=on",
  ]);
  const wrong = { ...member.connection, password: "guess" };
  await expect(withSql(wrong, (sql) => sql`select 1`)).rejects.toMatchObject({ code: "28P01" });
  expect(statSync(join(project.directory, "database.json")).mode & 0o777).toBe(0o600);
  expect(statSync(member.connection.host).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(project.directory, ".gitignore"), "utf8")).toBe("*\n");
  await member.release();
});

test("a second process joins the running server, and the last to leave stops it", async () => {
  const project = makeProject();
  const [first, second] = [await open(project), await open(project)];

  expect(await startedAt(second)).toBe(await startedAt(first));
  await first.release();
  expect(serverPid(project)).toBeDefined();
  await second.release();

  expect(serverPid(project)).toBeUndefined();
  expect(readdirSync(join(project.directory, "users"))).toEqual([]);
});

test("six processes that begin at once share one server", async () => {
  const project = makeProject();

  const members = await Promise.all(Array.from({ length: 6 }, () => open(project)));

  expect(new Set(await Promise.all(members.map(startedAt))).size).toBe(1);
  await Promise.all(members.map((member) => member.release()));
  expect(serverPid(project)).toBeUndefined();
});

test("the server survives the killing of its starter, and the next process uses and stops it", async () => {
  const project = makeProject();
  const starter = await open(project);
  await withSql(starter.connection, (sql) => sql`create table kept (id int)`);
  const started = await startedAt(starter);

  await starter.kill();
  const next = await open(project);

  expect(await startedAt(next)).toBe(started);
  expect(await withSql(next.connection, (sql) => sql`select id from kept`)).toEqual([]);
  await next.release();
  expect(serverPid(project)).toBeUndefined();
});

test("what was committed is there after the server itself was killed", async () => {
  const project = makeProject();
  const member = await open(project);
  await withSql(member.connection, (sql) => sql`create table kept as select 7 as id`);

  process.kill(serverPid(project) ?? 0, "SIGKILL");
  const next = await open(project);

  expect(await withSql(next.connection, (sql) => sql`select id from kept`)).toEqual([{ id: 7 }]);
  await next.release();
  expect(serverPid(project)).toBeDefined(); // the first process still counts
  await member.release();
  expect(serverPid(project)).toBeUndefined();
});

test.each(["database.json", "database/data.new"])(
  "an initialisation killed when %s appeared is done again",
  async (sign) => {
    const project = makeProject();
    const child = spawnMember(program, project);
    const [folder, prefix] = [join(project.directory, sign, ".."), sign.slice(sign.lastIndexOf("/") + 1)];
    const exited = once(child, "close");
    await until(() => existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(prefix)));

    child.kill("SIGKILL");
    await exited;
    const next = await open(project);

    expect(await withSql(next.connection, (sql) => sql`select current_database() as name`)).toEqual([
      { name: "countermark" },
    ]);
    await next.release();
  },
);

test("a starter killed while its server is starting leaves a server that the next process uses", async () => {
  const project = makeProject();
  await (await open(project)).release();
  const child = spawnMember(program, project);
  const exited = once(child, "close");
  await until(() => existsSync(join(dataOf(project) ?? "", "postmaster.pid")));

  child.kill("SIGKILL");
  await exited;
  const next = await open(project);

  await next.release();
  expect(serverPid(project)).toBeUndefined();
});

test("many processes that find the lock of a dead one share one server", async () => {
  const project = makeProject();
  await (await open(project)).release();
  symlinkSync("999999.1-dead", join(project.directory, "start.lock"));

  const members = await Promise.all(Array.from({ length: 6 }, () => open(project)));

  expect(new Set(await Promise.all(members.map(startedAt))).size).toBe(1);
  await Promise.all(members.map((member) => member.release()));
});

test("a pid file that names an unrelated process does not keep the server from starting", async () => {
  const project = makeProject();
  await (await open(project)).release();
  writeFileSync(join(dataOf(project) ?? "", "postmaster.pid"), `${process.pid}\n`);

  const member = await open(project);

  await member.release();
});

test("one process that opens twice counts twice, and leaving twice is leaving once", async () => {
  const options = { directory: makeProject().directory, host: realHost };
  const [first, second] = await Promise.all([openEmbedded(options), openEmbedded(options)]);

  await first.release();
  await first.release();

  expect(await withSql(second.connection, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }]);
  await second.release();
  await expect(withSql(second.connection, (sql) => sql`select 1`)).rejects.toMatchObject({ code: "ENOENT" });
});
