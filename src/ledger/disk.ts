import { link, mkdir, open, rename, rm } from "node:fs/promises";

/** What writing a file that survives a crash needs of a disk. Each act is one that a crash can come between. */
export interface Disk {
  /** Makes a folder and those above it; the first that was not there, or undefined. */
  makeFolders(path: string, mode: number): Promise<string | undefined>;
  /** Writes a file that is not there yet, and has the disk keep its content; its name is not kept yet. */
  create(path: string, content: Uint8Array | string, mode: number): Promise<void>;
  /** Gives a file another name, in the place of whatever has that. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name, which nothing may have: `EEXIST`. */
  link(from: string, to: string): Promise<void>;
  /** Takes a name away; one that is not there is no fault. */
  remove(path: string): Promise<void>;
  /** Has the disk keep which names a folder has. */
  syncFolder(path: string): Promise<void>;
}

/** The disk of this machine. */
export const systemDisk: Disk = {
  makeFolders: (path, mode) => mkdir(path, { recursive: true, mode }),
  create: async (path, content, mode) => {
    const file = await open(path, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename,
  link,
  remove: (path) => rm(path, { force: true }),
  syncFolder: async (path) => {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
};
