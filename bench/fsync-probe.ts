/** Writes 8 kB to the file of its argument and has the disk keep them, again and again; sends the median in microseconds. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { median } from "./pairs.ts";

const WRITES = 400;
const BYTES = 8_192;

const file = process.argv[2] ?? "";
const descriptor = openSync(file, "w", 0o600);
const block = Buffer.alloc(BYTES, 1);
const microseconds = Array.from({ length: WRITES }, () => {
  const startedAt = process.hrtime.bigint();
  writeSync(descriptor, block, 0, BYTES, 0);
  fdatasyncSync(descriptor);
  return Number(process.hrtime.bigint() - startedAt) / 1_000;
});
closeSync(descriptor);
rmSync(file);
process.send?.(Math.round(median(microseconds.slice(WRITES / 10))));
