import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Disk } from "./disk.ts";
import { FailingDisk } from "./testing/failing-disk.ts";
import { writeNew, writeWhole } from "./whole-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "whole-"));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (path: string, text: string, id = "1") =>
  writeWhole(path, text, { id, modes: { file: 0o600, folder: 0o700 } });

test("RT-801 a file is written in the place of another, and nothing is left beside it", async () => {
  const path = join(folder, "a", "report.json");

  await write(path, "old");
  await write(path, "new");

  expect(await readFile(path, "utf8")).toBe("new");
  expect(await readdir(join(folder, "a"))).toEqual(["report.json"]);
});

test("RT-801 one that cannot be put in its place leaves what is there, and nothing beside it", async () => {
  const path = join(folder, "report.json");
  await mkdir(join(path, "inside"), { recursive: true });

  await expect(write(path, "new")).rejects.toThrow();

  expect(await readdir(folder)).toEqual(["report.json"]);
  expect(await readdir(path)).toEqual(["inside"]);
});

test("RT-802 who reads while it is written again and again sees one content or the other, whole", async () => {
  const path = join(folder, "report.json");
  const texts = ["a".repeat(100_000), "b".repeat(100_000)];
  await write(path, "a".repeat(100_000));

  const seen = new Set<string>();
  const writing = (async () => {
    for (let round = 0; round < 20; round++) await write(path, texts[round % 2] ?? "", String(round));
  })();
  for (let round = 0; round < 40; round++) seen.add(await readFile(path, "utf8"));
  await writing;

  expect([...seen].every((text) => texts.includes(text))).toBe(true);
});

test("a new file is never written in the place of another, whoever comes second is told so", async () => {
  const path = join(folder, "key");
  const options = (id: string) => ({ id, modes: { file: 0o600, folder: 0o700 } });

  const both = await Promise.all([writeNew(path, "one", options("1")), writeNew(path, "two", options("2"))]);

  expect(both.toSorted()).toEqual([false, true]);
  expect(await readFile(path, "utf8")).toBe(both[0] ? "one" : "two");
  expect(await readdir(folder)).toEqual(["key"]);
});

describe("RT-807 a file that is written", () => {
  const PATH = "/data/tenant/ab/file";
  const OLD = "the old content";
  const NEW = "what is new";
  const MODES = { file: 0o600, folder: 0o700 };

  /** The ways to write, with what is there before and after. */
  const WAYS = [
    { name: "in the place of another", before: { [PATH]: OLD }, was: OLD, writing: writeWhole },
    { name: "where nothing was, folders included", before: {}, was: null, writing: writeWhole },
    { name: "as a new one", before: {}, was: null, writing: writeNew },
  ] as const;

  const wayOf = (writing: typeof writeWhole | typeof writeNew) => (disk: Disk) =>
    writing(PATH, NEW, { id: "1", modes: MODES, disk });

  /** Everything that may be read after a crash at each act, and once it was written. */
  async function afterCrashes(write: (disk: Disk) => Promise<unknown>, before: { readonly [path: string]: string }) {
    const whole = new FailingDisk(null, before);
    await write(whole);
    const found = new Set<string | null>();
    for (let at = 1; at <= whole.acts; at++) {
      const disk = new FailingDisk({ at, how: "crash" }, before);
      await expect(write(disk)).rejects.toMatchObject({ code: "CRASHED" });
      for (const content of disk.survivors(PATH)) found.add(content);
    }
    return { crashed: found, written: whole.survivors(PATH), acts: whole.acts };
  }

  test.each(WAYS)("$name survives a crash before, at and after its rename as it was, or whole", async (way) => {
    const { crashed, written, acts } = await afterCrashes(wayOf(way.writing), way.before);

    expect(acts).toBeGreaterThan(4);
    expect(crashed).toEqual(new Set([way.was, NEW]));
    expect(written).toEqual(new Set([NEW]));
  });

  test.each(WAYS)("$name to a full disk leaves what was there, and nothing beside it", async (way) => {
    const { writing, before, was } = way;
    for (const at of [1, 2, 3]) {
      const disk = new FailingDisk({ at: at + writesFrom(before), how: "full" }, before);
      const done = wayOf(writing)(disk);

      await expect(done).rejects.toMatchObject({ code: "ENOSPC" });
      expect(disk.read(PATH)).toBe(was);
      expect(disk.files).toEqual(Object.keys(before));
    }
  });

  /** Acts before the file itself is written. */
  const writesFrom = (before: object): number => (Object.keys(before).length > 0 ? 1 : 6);

  test("by a careless writer does not: in place, without waiting for the disk, or in a folder that is not kept", async () => {
    const inPlace = async (disk: Disk) => {
      await disk.remove(PATH);
      await disk.create(PATH, NEW, MODES.file);
    };
    const unkept = async (disk: Disk) => {
      await disk.makeFolders("/data/tenant/ab", MODES.folder);
      await disk.create(PATH, NEW, MODES.file);
      await disk.syncFolder("/data/tenant/ab");
    };

    expect((await afterCrashes(inPlace, { [PATH]: OLD })).crashed).toContain(NEW.slice(0, NEW.length / 2));
    expect((await afterCrashes(inPlace, { [PATH]: OLD })).written).toContain(OLD);
    expect((await afterCrashes(unkept, {})).written).toContain(null);
  });
});
