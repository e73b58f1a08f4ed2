import { expect, test } from "vitest";
import { useWorld } from "./world.ts";

const { run, json } = useWorld();

const ISSUER = "https://issuer.example";
const env = { COUNTERMARK_OIDC_ISSUER: ISSUER, COUNTERMARK_OIDC_CLIENT_ID: "countermark" };

test("who signs in at the issuer is bound, listed with what counts first, and removed with a reason for the record", async () => {
  const unknown = await run(["binding", "add", "ops", "--by", "group", "--role", "operator"]);
  const group = await json(["binding", "add", "ops", "--by", "group", "--role", "operator"], { env });
  const person = ["binding", "add", "Grace@Example.com", "--by", "email", "--principal", "grace", "--role", "approver"];
  const added = await run(person, { env });
  const twice = await run(person, { env });
  const listed = await json(["binding", "list"]);
  const id = String(group.data.binding_id);
  const removed = await run(["binding", "remove", id, "--reason", "the team is gone"]);
  const { events } = (await json(["ledger", "show", "audit"])).data;

  expect(unknown).toMatchObject({ exit: 2, stderr: expect.stringContaining("OIDC_NOT_CONFIGURED") });
  expect(group.data).toMatchObject({
    issuer: ISSUER,
    claim: "group",
    value: "ops",
    principal_id: null,
    role: "operator",
  });
  expect(added.stdout).toMatch(/email +grace@example\.com +grace +approver/);
  expect(twice).toMatchObject({ exit: 9, stderr: expect.stringContaining("BINDING_EXISTS") });
  expect(listed.data.bindings).toMatchObject([{ claim: "email", principal_id: "grace" }, { binding_id: id }]);
  expect(removed).toMatchObject({ exit: 0, stdout: expect.stringMatching(/group +ops +each their own +operator/) });
  expect(events.at(-1)).toMatchObject({ type: "binding.removed", payload: { reason: "the team is gone" } });
});

test("a claim that is none, or a binding that is not there, is told with what to do", async () => {
  const claim = await run(["binding", "add", "ops", "--by", "name", "--role", "operator"], { env });
  const nobody = await run(["binding", "add", "grace@example.com", "--by", "email", "--role", "approver"], { env });
  const missing = await run(["binding", "remove", "none"]);

  expect(claim).toMatchObject({ exit: 2, stdout: "" });
  expect(nobody.stderr).toContain("`$.principal_id`: a subject and an address are one principal's");
  expect(missing.stderr).toContain("BINDING_NOT_FOUND");
});
