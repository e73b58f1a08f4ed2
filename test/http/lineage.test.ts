import { expect, test } from "vitest";
import { runsEvidence, SLO_POLICY } from "../slo.ts";
import { codeIn, member } from "./answer.ts";
import { OTHER, useBench } from "./bench.ts";

const bench = useBench();

test("a lineage is asked for by one name; of a decision about no bundle, and of another tenant's, there is none", async () => {
  const olga = await bench().client("olga", "operator");
  const oscar = await bench().client("oscar", "admin", { tenant: OTHER });
  const evidence = [{ name: "runs.ndjson", text: runsEvidence(true) }];
  const made = await olga.post("/v1/gates/evaluations", { policy: SLO_POLICY, subject: "a service", evidence });
  const decision = String(member(member(made.body, "decision"), "digest"));
  const asked = async (body: { readonly [name: string]: string }, client = olga) =>
    codeIn(await client.post("/v1/lineage", body));

  expect(await asked({})).toBe("REQUEST_INVALID");
  expect(await asked({ decision, bundle_id: "x" })).toBe("REQUEST_INVALID");
  expect(await asked({ decision })).toBe("BUNDLE_NOT_FOUND");
  expect(await asked({ bundle_id: "candidate-1" })).toBe("BUNDLE_NOT_FOUND");
  expect(await asked({ bundle: "{}" })).toBe("BUNDLE_MALFORMED");
  expect(await asked({ decision }, oscar)).toBe("GATE_EVALUATION_NOT_FOUND");
});
