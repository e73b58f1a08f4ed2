import { readFile } from "node:fs/promises";

/** The policy by which canaries are judged where no other is given, as it comes with the program. */
export const canaryPolicy = (): Promise<string> =>
  readFile(new URL("../../policies/canary.yaml", import.meta.url), "utf8");
