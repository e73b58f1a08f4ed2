import client from "@sendgrid/client";
import mail from "@sendgrid/mail";
import { expect, test } from "vitest";
import { type Bench, rejection, useBench } from "./bench.ts";

const bench = useBench();

const MESSAGE = {
  to: "ada@test.example.com",
  from: "shop@test.example.com",
  subject: "Your order #1001",
  text: "It is on its way.",
  customArgs: { run: "run1", step: "confirm" },
};

/** SendGrid's own mailer, pointed at the simulator: setting the key resets the address, so the address comes last. */
function mailer({ sims, keys }: Bench) {
  client.setApiKey(keys.sendgrid.apiKey);
  client.setDefaultRequest("baseUrl", sims.sendgrid.origin);
  mail.setClient(client);
  return mail;
}

test("a message is accepted with 202 and a message id, and kept", async () => {
  const [response] = await mailer(bench()).send(MESSAGE);

  expect(response.statusCode).toBe(202);
  expect(bench().sims.sendgrid.state().messages).toMatchObject([
    {
      message_id: response.headers["x-message-id"],
      sandbox: false,
      from: "shop@test.example.com",
      recipients: [{ email: "ada@test.example.com", subject: "Your order #1001" }],
      custom_args: { run: "run1", step: "confirm" },
      content: [{ type: "text/plain", value: "It is on its way." }],
    },
  ]);
});

test("sandbox mode validates with 200, gives no message id and tells no events", async () => {
  const { sims } = bench();

  const [response] = await mailer(bench()).send({ ...MESSAGE, mailSettings: { sandboxMode: { enable: true } } });
  await sims.settled();

  expect(response.statusCode).toBe(200);
  expect(response.headers["x-message-id"]).toBeUndefined();
  expect(sims.sendgrid.state().messages).toMatchObject([{ sandbox: true, message_id: null }]);
  expect(sims.sendgrid.webhooks.log()).toEqual([]);
});

test("there is no idempotency: two equal requests are two messages", async () => {
  await mailer(bench()).send(MESSAGE);
  await mailer(bench()).send(MESSAGE);

  expect(bench().sims.sendgrid.state().messages).toHaveLength(2);
});

test.each([
  ["without a subject", { ...MESSAGE, subject: "" }, "subject"],
  ["to no address", { ...MESSAGE, to: "nobody" }, "personalizations.0.to"],
  ["from no address", { ...MESSAGE, from: "nobody" }, "from.email"],
])("a message %s is refused with errors that name the field", async (_, message, field) => {
  const error = await rejection(mailer(bench()).send(message));

  const errors = expect.arrayContaining([expect.objectContaining({ field })]);
  expect(error).toMatchObject({ code: 400, response: { body: { errors } } });
  expect(bench().sims.sendgrid.state().messages).toEqual([]);
});

test("one address twice in a personalization is refused", async () => {
  const error = await rejection(mailer(bench()).send({ ...MESSAGE, cc: MESSAGE.to }));

  expect(error).toMatchObject({
    response: { body: { errors: [{ message: expect.stringContaining("should be unique") }] } },
  });
});

test("a body that is not JSON is 400, and one that does not say it is JSON 415", async () => {
  const { sims, keys } = bench();
  const post = (type: string) =>
    fetch(`${sims.sendgrid.origin}/v3/mail/send`, {
      method: "POST",
      headers: { authorization: `Bearer ${keys.sendgrid.apiKey}`, "content-type": type },
      body: "hello",
    });

  expect([(await post("application/json")).status, (await post("text/plain")).status]).toEqual([400, 415]);
});

test("a server error reaches the client after one request: this SDK does not retry", async () => {
  const { sims } = bench();
  sims.sendgrid.fault({ count: 0, action: { kind: "status", status: 500 } });

  const error = await rejection(mailer(bench()).send(MESSAGE));

  expect(error).toMatchObject({ code: 500 });
  expect(sims.sendgrid.journal()).toHaveLength(1);
});

test("a throttled message carries the limit's headers", async () => {
  bench().sims.sendgrid.fault({ action: { kind: "throttle" } });

  const error = await rejection(mailer(bench()).send(MESSAGE));

  expect(error).toMatchObject({ code: 429, response: { headers: { "x-ratelimit-remaining": "0" } } });
});

test("setApiKey resets the address to the live host, which is why the address is set after it", () => {
  client.setDefaultRequest("baseUrl", "http://127.0.0.1:1");

  client.setApiKey("SG.test");

  expect(client.createRequest({ url: "/v3/mail/send" })).toMatchObject({ baseURL: "https://api.sendgrid.com/" });
});
