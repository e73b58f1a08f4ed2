import { type CallContext, recipientRefusal } from "../../../guard/index.ts";
import { type Answer, answered, classOfStatus, failed, retryAfterMs } from "./answer.ts";
import { send } from "./reply.ts";
import { forbidden, isLive } from "./sandbox.ts";

/** One message to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Echoed by every event about the message; how an unanswered send is found again. No personal data. */
  readonly customArgs: { readonly [name: string]: string };
}

/**
 * Sends a message; the value is SendGrid's message id, null where it gave none. In sandbox the message carries the sandbox
 * flag, so it is validated and never delivered, and goes to test recipients only (`RECIPIENT_FORBIDDEN`).
 */
export async function sendMail(context: CallContext, mail: Mail): Promise<Answer<string | null>> {
  const credential = context.credential("sendgrid");
  const sandbox = !isLive(credential);
  const refused = forbidden(credential);
  if (refused !== null) return refused;
  const forbiddenTo = sandbox ? recipientRefusal({ kind: "email", address: mail.to }) : undefined;
  if (forbiddenTo !== undefined) return failed("forbidden", { refusedWith: forbiddenTo.code });
  const reply = await send(context, credential, {
    method: "POST",
    path: "/v3/mail/send",
    intent: "write",
    headers: { authorization: `Bearer ${credential.secret}` },
    body: bodyOf(mail, credential.settings.from ?? "orders@test.example.com", sandbox),
  });
  if (!reply.ok) return reply;
  const { status, headers } = reply.value;
  if (status !== (sandbox ? 200 : 202)) {
    return failed(classOfStatus(status, "write"), { status, retryAfterMs: retryAfterMs(headers.get("retry-after")) });
  }
  return answered(headers.get("x-message-id"), headers.get("x-message-id"));
}

const bodyOf = (mail: Mail, from: string, sandbox: boolean) => ({
  personalizations: [{ to: [{ email: mail.to }], custom_args: mail.customArgs }],
  from: { email: from },
  subject: mail.subject,
  content: [{ type: "text/plain", value: mail.text }],
  mail_settings: { sandbox_mode: { enable: sandbox } },
  tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
});
