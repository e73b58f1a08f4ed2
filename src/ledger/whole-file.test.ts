import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeWhole } from "./whole-file.ts";

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
