import { describe, expect, test } from "vitest";
import { ConnectionFailed } from "../../../guard/index.ts";
import { callContext, KEY } from "../testing/call-context.ts";
import { json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import type { FailureClass } from "./answer.ts";
import { sendMail } from "./sendgrid.ts";

const MAIL = {
  to: "buyer@test.example.com",
  subject: "Your order",
  text: "Hello",
  customArgs: { notification_id: KEY },
};

const empty = (status: number, headers: { readonly [name: string]: string } = {}): Response =>
  new Response(null, { status, headers });

describe("SendGrid", () => {
  test("outside live mode a message carries the sandbox flag, and only 200 accepts it", async () => {
    const { fetch, asked } = scriptedFetch(empty(200, { "x-message-id": "m1" }));

    const answer = await sendMail(callContext({ fetch }), MAIL);

    expect(answer).toEqual({ ok: true, value: "m1", requestId: "m1" });
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({
      mail_settings: { sandbox_mode: { enable: true } },
      personalizations: [{ to: [{ email: MAIL.to }], custom_args: { notification_id: KEY } }],
    });
  });

  test("in live mode it carries none, and only 202 accepts it", async () => {
    const { fetch, asked } = scriptedFetch(empty(202, { "x-message-id": "m1" }));
    const live = { sendgrid: { mode: "live", from: "shop@shop.example" } };

    const answer = await sendMail(callContext({ fetch, settings: live }), { ...MAIL, to: "a@customer.example" });

    expect(answer.ok).toBe(true);
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ mail_settings: { sandbox_mode: { enable: false } } });
  });

  const ROWS: readonly { readonly of: string; readonly by: () => Scripted; readonly is: FailureClass }[] = [
    { of: "400", by: () => json(400, { errors: [] }), is: "validation" },
    { of: "401", by: () => json(401, { errors: [] }), is: "auth" },
    { of: "403, an unverified sender", by: () => json(403, { errors: [] }), is: "auth" },
    { of: "413", by: () => json(413, { errors: [] }), is: "validation" },
    { of: "429", by: () => json(429, { errors: [] }), is: "rate_limited" },
    { of: "500", by: () => json(500, { errors: [] }), is: "unknown_outcome" },
    { of: "202 although the sandbox flag was set", by: () => empty(202), is: "contract" },
    { of: "a lost connection", by: () => new ConnectionFailed("reset", "maybe"), is: "unknown_outcome" },
  ];

  test.each(ROWS)("a message answered by $of is $is", async ({ by, is }) => {
    const { fetch } = scriptedFetch(by());

    const answer = await sendMail(callContext({ fetch }), MAIL);

    expect(answer).toMatchObject({ ok: false, failure: { class: is } });
  });

  test("P1-H02 outside live mode nobody real gets mail", async () => {
    const { fetch, asked } = scriptedFetch();

    const answer = await sendMail(callContext({ fetch }), { ...MAIL, to: "someone@example.org" });

    expect(answer).toMatchObject({ ok: false, failure: { class: "forbidden", refusedWith: "RECIPIENT_FORBIDDEN" } });
    expect(asked).toHaveLength(0);
  });
});
