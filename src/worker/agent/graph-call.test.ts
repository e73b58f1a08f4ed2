import { expect, test } from "vitest";
import type { Written } from "./errand.ts";
import { write } from "./graph-call.ts";

const after = (written: Written) =>
  write({ errands: { write: async () => written, reached: () => undefined } }, () => null);

test("CO-20.9-12 what a graph stores once its worker has lost the run is refused as E_STALE_WRITER, and ends it", async () => {
  await expect(after({ kind: "fenced" })).rejects.toMatchObject({ name: "GraphStopped", code: "E_STALE_WRITER" });
});

test("CO-20.9-11 what a graph stores once its run has left the step is refused as RUN_CANCELLED, and ends it", async () => {
  await expect(after({ kind: "left" })).rejects.toMatchObject({ name: "GraphStopped", code: "RUN_CANCELLED" });
  await expect(after({ kind: "written", lostClaim: null })).resolves.toEqual({ kind: "written", lostClaim: null });
});
