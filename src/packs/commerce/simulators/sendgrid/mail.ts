import type { Json, JsonObject } from "../../../../contracts/index.ts";
import { isObject, listAt, objectAt, textAt } from "../wire/wire-json.ts";

/** A complaint in SendGrid's shape. */
export interface MailError {
  readonly message: string;
  readonly field: string | null;
  readonly help: string | null;
}

/** An accepted message. Nothing is delivered anywhere. */
export interface Mail {
  /** `X-Message-Id`; null in sandbox mode, where nothing was queued. */
  readonly message_id: string | null;
  readonly sandbox: boolean;
  /** RFC 3339. */
  readonly accepted_at: string;
  readonly from: string;
  /** Every address of every personalization, with the subject it gets. */
  readonly recipients: readonly { readonly email: string; readonly subject: string | null }[];
  readonly template_id: string | null;
  readonly content: readonly { readonly type: string; readonly value: string }[];
  readonly categories: readonly string[];
  /** Message level and personalization level together; texts, as SendGrid returns them in events. */
  readonly custom_args: Readonly<Record<string, string>>;
  /** The personalizations as sent. */
  readonly personalizations: readonly Json[];
}

const PERSONALIZATIONS_MAX = 1_000;

const error = (message: string, field: string | null): MailError => ({ message, field, help: null });

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/;

const addressesOf = (
  personalization: Json,
): readonly { readonly field: string; readonly email: string | undefined }[] =>
  ["to", "cc", "bcc"].flatMap((field) =>
    listAt(personalization, field).map((recipient) => ({ field, email: textAt(recipient, "email") })),
  );

function personalizationErrors(personalization: Json, index: number): readonly MailError[] {
  const at = `personalizations.${index}`;
  if (listAt(personalization, "to").length === 0)
    return [
      error(
        "The to array is required for all personalization objects, and must have at least one email object with a valid email address.",
        `${at}.to`,
      ),
    ];
  const addresses = addressesOf(personalization);
  const bad = addresses.filter(({ email }) => email === undefined || !ADDRESS.test(email));
  const seen = addresses.map(({ email }) => email?.toLowerCase());
  const twice = addresses.find(({ email }, position) => seen.indexOf(email?.toLowerCase()) !== position);
  const duplicate =
    twice === undefined
      ? []
      : [
          error(
            `Each email address in the personalization block should be unique between to, cc, and bcc. We found the first duplicate instance of [${twice.email}] in the ${at}.${twice.field} field.`,
            at,
          ),
        ];
  return [...bad.map(({ field }) => error("Does not contain a valid address.", `${at}.${field}`)), ...duplicate];
}

function contentErrors(body: JsonObject): readonly MailError[] {
  const content = listAt(body, "content");
  if (textAt(body, "template_id") !== undefined) return [];
  if (content.length === 0)
    return [
      error(
        "Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block. We typically suggest both text/plain and text/html blocks are included, but only one block is required.",
        "content",
      ),
    ];
  return content.flatMap((block, index) => [
    ...(textAt(block, "type") === undefined ? [error("The content type is required.", `content.${index}.type`)] : []),
    ...(textAt(block, "value") === undefined
      ? [error("The content value must be a string at least one character in length.", `content.${index}.value`)]
      : []),
  ]);
}

const subjectMissing = (body: JsonObject): boolean =>
  textAt(body, "subject") === undefined &&
  textAt(body, "template_id") === undefined &&
  listAt(body, "personalizations").some((personalization) => textAt(personalization, "subject") === undefined);

/** Everything that is wrong with a body of `POST /v3/mail/send`; empty when it can be accepted. */
export function mailErrors(body: Json | undefined): readonly MailError[] {
  if (!isObject(body)) return [error("Bad Request", null)];
  const personalizations = listAt(body, "personalizations");
  if (personalizations.length === 0)
    return [
      error("The personalizations field is required and must have at least one personalization.", "personalizations"),
    ];
  if (personalizations.length > PERSONALIZATIONS_MAX)
    return [
      error(
        `The personalizations field cannot have more than ${PERSONALIZATIONS_MAX} personalizations.`,
        "personalizations",
      ),
    ];
  const from = textAt(objectAt(body, "from"), "email");
  return [
    ...personalizations.flatMap(personalizationErrors),
    ...(from === undefined
      ? [
          error(
            'The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : "Example Recipient"}.',
            "from.email",
          ),
        ]
      : []),
    ...(from !== undefined && !ADDRESS.test(from)
      ? [error("The from email does not contain a valid address.", "from.email")]
      : []),
    ...(subjectMissing(body)
      ? [
          error(
            "The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.",
            "subject",
          ),
        ]
      : []),
    ...contentErrors(body),
  ];
}

const textsOf = (hash: JsonObject): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(hash).map(([name, value]) => [name, String(value)]));

/** The message of a body without errors. */
export function mailOf(
  body: JsonObject,
  accepted: { readonly message_id: string | null; readonly accepted_at: string },
): Mail {
  const personalizations = listAt(body, "personalizations");
  const args = personalizations.map((personalization) => textsOf(objectAt(personalization, "custom_args")));
  return {
    ...accepted,
    sandbox: isSandbox(body),
    from: textAt(objectAt(body, "from"), "email") ?? "",
    recipients: personalizations.flatMap((personalization) =>
      addressesOf(personalization).map(({ email }) => ({
        email: email ?? "",
        subject: textAt(personalization, "subject") ?? textAt(body, "subject") ?? null,
      })),
    ),
    template_id: textAt(body, "template_id") ?? null,
    content: listAt(body, "content").map((block) => ({
      type: textAt(block, "type") ?? "",
      value: textAt(block, "value") ?? "",
    })),
    categories: listAt(body, "categories").map(String),
    custom_args: Object.assign({}, textsOf(objectAt(body, "custom_args")), ...args),
    personalizations,
  };
}

/** Sandbox mode validates and queues nothing. */
export const isSandbox = (body: JsonObject): boolean =>
  objectAt(objectAt(body, "mail_settings"), "sandbox_mode").enable === true;
