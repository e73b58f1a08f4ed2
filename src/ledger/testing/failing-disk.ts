import { dirname } from "node:path";
import { assert } from "../../contracts/index.ts";
import type { Disk } from "../disk.ts";

/** A file's content, and whether a crash leaves it so. */
interface Kept {
  content: string;
  isSynced: boolean;
}

/** A name that a folder got or lost and that is not on disk yet. */
interface Pending {
  readonly path: string;
  readonly file: Kept | null;
}

/** What fails: the machine, and nothing is done any more; or the disk has no room left, and a file gets half of what it should. */
export type Failing = { readonly at: number; readonly how: "crash" | "full" };

const failure = (code: string) => Object.assign(new Error(code), { code });

/**
 * A disk that keeps what it was not told to keep only by luck: of names that are not synced any may be lost, of content that is not
 * synced any part. Acts are counted from 1; an act that writes counts twice, before and after its content is kept.
 */
export class FailingDisk implements Disk {
  readonly #failing: Failing | null;
  readonly #names = new Map<string, Kept>();
  readonly #folders = new Set(["/"]);
  readonly #durable = new Map<string, Kept>();
  #pending: Pending[] = [];
  acts = 0;

  constructor(failing: Failing | null, files: { readonly [path: string]: string } = {}) {
    this.#failing = failing;
    for (const [path, content] of Object.entries(files)) {
      this.#folders.add(dirname(path));
      this.#names.set(path, { content, isSynced: true });
      this.#durable.set(path, { content, isSynced: true });
    }
  }

  async makeFolders(path: string): Promise<string | undefined> {
    this.#act();
    if (this.#folders.has(path)) return undefined;
    const above = await this.#makeAbove(path);
    this.#folders.add(path);
    this.#pending.push({ path, file: FOLDER });
    return above ?? path;
  }

  #makeAbove(path: string): Promise<string | undefined> {
    return this.#folders.has(dirname(path)) ? Promise.resolve(undefined) : this.makeFolders(dirname(path));
  }

  async create(path: string, content: string | Uint8Array): Promise<void> {
    const text = String(content);
    const file: Kept = { content: text.slice(0, text.length / 2), isSynced: false };
    this.#name(path, file);
    this.#act();
    file.content = text;
    this.#act();
    file.isSynced = true;
  }

  async rename(from: string, to: string): Promise<void> {
    this.#act();
    const file = this.#find(from);
    this.#name(to, file);
    this.#name(from, null);
  }

  async link(from: string, to: string): Promise<void> {
    this.#act();
    if (this.#names.has(to)) throw failure("EEXIST");
    this.#name(to, this.#find(from));
  }

  async remove(path: string): Promise<void> {
    this.#act();
    if (this.#names.has(path)) this.#name(path, null);
  }

  async syncFolder(path: string): Promise<void> {
    this.#act();
    const isHere = (pending: Pending) => dirname(pending.path) === path;
    for (const { path: name, file } of this.#pending.filter(isHere)) keep(this.#durable, name, file);
    this.#pending = this.#pending.filter((pending) => !isHere(pending));
  }

  /** What is read at a path while nothing fails; null: nothing. */
  read(path: string): string | null {
    return this.#names.get(path)?.content ?? null;
  }

  /** Names of files that are there while nothing fails. */
  get files(): readonly string[] {
    return [...this.#names.keys()].toSorted();
  }

  /** Everything that may be read at a path after the machine comes back. */
  survivors(path: string): ReadonlySet<string | null> {
    const found = new Set<string | null>();
    for (let lost = 0; lost < 2 ** this.#pending.length; lost++) {
      const names = new Map(this.#durable);
      for (const [index, { path: name, file }] of this.#pending.entries())
        if ((lost & (1 << index)) === 0) keep(names, name, file);
      for (const content of contentsOf(names, path, this.#isMade(names, path))) found.add(content);
    }
    return found;
  }

  /** Whether the folders on the way to a path are there. */
  #isMade(names: ReadonlyMap<string, Kept>, path: string): boolean {
    const isNew = (folder: string) =>
      this.#pending.some((pending) => pending.path === folder && pending.file === FOLDER);
    for (let folder = dirname(path); folder !== "/"; folder = dirname(folder))
      if (isNew(folder) && !names.has(folder)) return false;
    return true;
  }

  #act(): void {
    this.acts += 1;
    if (this.#failing === null) return;
    const { at, how } = this.#failing;
    if (how === "crash" && this.acts >= at) throw failure("CRASHED");
    if (how === "full" && this.acts === at) throw failure("ENOSPC");
  }

  #find(path: string): Kept {
    const file = this.#names.get(path);
    assert(file !== undefined, "what is renamed is there");
    return file;
  }

  #name(path: string, file: Kept | null): void {
    keep(this.#names, path, file);
    this.#pending.push({ path, file });
  }
}

/** Stands for a folder where names are kept. */
const FOLDER: Kept = { content: "", isSynced: true };

function keep(names: Map<string, Kept>, path: string, file: Kept | null): void {
  if (file === null) names.delete(path);
  else names.set(path, file);
}

function contentsOf(names: ReadonlyMap<string, Kept>, path: string, isMade: boolean): readonly (string | null)[] {
  const file = names.get(path);
  if (file === undefined || !isMade) return [null];
  return file.isSynced ? [file.content] : ["", file.content.slice(0, file.content.length / 2), file.content];
}
