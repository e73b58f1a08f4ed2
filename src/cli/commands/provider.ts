import type { JsonObject, Refusal, Result } from "../../contracts/index.ts";
import { askAndPrint } from "../answer.ts";
import type { Arguments, Command, Context } from "../command.ts";
import { inline, listOf, rawOf, textOf } from "../document.ts";
import { objectIn, readText } from "../files.ts";
import { note } from "../output.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

/* Both ways between a tenant and a provider. No secret is ever an argument, for those show in process lists, nor is it repeated. */

export const credentialSetCommand: Command = {
  operands: [{ name: "SERVICE", summary: "the `dependency` that tools name, such as `stripe`" }],
  options: [
    { flags: "--origin <url>", summary: "where it is reached: scheme, host and port", required: true },
    { flags: "--secret-file <file>", summary: "its key alone; `-` for standard input", required: true },
    {
      flags: "--settings-file <file>",
      summary: "a JSON object of texts, such as `webhook_secret`; `-` likewise; none when left out",
    },
  ],
  examples: [
    "countermark credential set stripe --origin https://api.stripe.com --secret-file stripe.key",
    "vault read -field=key secret/stripe | countermark credential set stripe --origin https://api.stripe.com --secret-file - --settings-file stripe.json",
  ],
  run: async (context, args) => {
    const given = await credentialIn(context, args);
    if (!given.ok) return reportRefusal(talkOf(context), given.refusal);
    return askAndPrint(context, {
      ask: (client) => client.post("/v1/credentials", given.value),
      lines: (set) => {
        const done = set.changed === true ? "set" : "unchanged";
        return [`credential ${textOf(set, "service")}  ${done}  ${textOf(set, "origin")}  ${settingsOf(set)}`];
      },
    });
  },
};

async function credentialIn(context: Context, args: Arguments): Promise<Result<JsonObject>> {
  const [secretFile = "", settingsFile] = ["secret-file", "settings-file"].map(args.value);
  if (secretFile === "-" && settingsFile === "-")
    return no({ code: "USAGE", message: "only one of --secret-file and --settings-file can be standard input" });
  const secret = await readSecret(context, "--secret-file", secretFile);
  if (!secret.ok) return secret;
  const value = secret.value.replace(/\r?\n$/, "");
  if (value === "") return no({ code: "INVALID_INPUT", message: "`--secret-file` holds nothing" });
  const body = { service: args.operand("SERVICE"), origin: args.value("origin") ?? "", secret: value };
  if (settingsFile === undefined) return { ok: true, value: body };
  const text = await readSecret(context, "--settings-file", settingsFile);
  if (!text.ok) return text;
  const settings = objectIn(text.value, "`--settings-file`");
  return settings.ok ? { ok: true, value: { ...body, settings: settings.value } } : settings;
}

/** Text of a file whose name may be a secret given by mistake, so messages name the option instead. */
async function readSecret(context: Context, option: string, path: string): Promise<Result<string>> {
  if (path === "-" && context.terminal.stdin)
    return no({ code: "USAGE", message: `\`${option}\` would show what is typed: pipe it in, or name a file` });
  return readText(context, path, `\`${option}\``);
}

const no = (refusal: Refusal) => ({ ok: false as const, refusal });

export const credentialListCommand: Command = {
  examples: ["countermark credential list", "countermark credential list --json | jq -r '.credentials[].service'"],
  run: (context) =>
    askAndPrint(context, {
      ask: (client) => client.get("/v1/credentials"),
      lines: (body) => {
        const rows = listOf(body, "credentials").map((credential) => [
          textOf(credential, "service"),
          textOf(credential, "origin"),
          settingsOf(credential),
          credential.overlaps === true ? "still taken for webhooks" : "-",
        ]);
        return rows.length === 0 ? ["no credentials"] : table(["service", "origin", "settings", "one before"], rows);
      },
    }),
};

/** The names of a credential's settings; their values may be secrets and are nowhere to be had. */
const settingsOf = ({ settings }: JsonObject): string =>
  Array.isArray(settings) && settings.length > 0 ? settings.map(inline).join(", ") : "-";

export const endpointAddCommand: Command = {
  operands: [{ name: "PROVIDER", summary: "`stripe`, `shopify`, `printful` or `sendgrid`" }],
  examples: ["countermark endpoint add stripe", 'echo "https://cm.example.com$(countermark endpoint add stripe)"'],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => client.post("/v1/endpoints", { provider: args.operand("PROVIDER") }),
      lines: (added) => {
        const missing = rawOf(added, "missing_setting");
        if (missing !== undefined) note(context, lacking(textOf(added, "provider"), missing));
        note(context, "this is shown once; enter it at the provider, after your server's public address:");
        return [textOf(added, "path")];
      },
    }),
};

const lacking = (provider: string, setting: string): string =>
  `it takes nothing in yet: give \`${provider}\` its \`${setting}\` with \`countermark credential set ${provider}\``;

export const endpointListCommand: Command = {
  examples: ["countermark endpoint list", "countermark endpoint list --json | jq -r '.endpoints[].provider'"],
  run: (context) =>
    askAndPrint(context, {
      ask: (client) => client.get("/v1/endpoints"),
      lines: (body) => {
        const now = context.host.clock.now();
        const rows = listOf(body, "endpoints").map((row) => [
          textOf(row, "endpoint_id"),
          textOf(row, "provider"),
          stateOf(row),
          when(textOf(row, "created_at"), now),
        ]);
        return rows.length === 0 ? ["no endpoints"] : table(["endpoint", "provider", "state", "added"], rows);
      },
    }),
};

function stateOf(row: JsonObject): string {
  if (rawOf(row, "disabled_at") !== undefined) return "disabled";
  const missing = rawOf(row, "missing_setting");
  return missing === undefined ? "open" : `lacks ${missing}`;
}
