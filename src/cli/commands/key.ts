import type { JsonObject } from "../../contracts/index.ts";
import { PRINCIPAL_KINDS } from "../../guard/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command, Context } from "../command.ts";
import { listOf, rawOf, textOf } from "../document.ts";
import { note } from "../output.ts";
import { OPTIONAL_REASON } from "../reason-option.ts";
import { ROLE_OPTION } from "../role-option.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

export const keyAddCommand: Command = {
  operands: [{ name: "PRINCIPAL", summary: "whose key it is: letters, digits, `@`, `.`, `_` and `-`" }],
  options: [
    ROLE_OPTION,
    {
      flags: "--kind <kind>",
      summary: "only persons approve",
      default: "person",
      choices: PRINCIPAL_KINDS,
    },
    { flags: "--tenant <id>", summary: "a tenant other than the key's own; takes the installer's key" },
  ],
  examples: [
    "countermark key add grace --role approver",
    "countermark key add ci --kind service --role operator --tenant north",
  ],
  run: (context, args) => {
    const [role = "", kind = "", tenant] = ["role", "kind", "tenant"].map(args.value);
    const body = { principal_id: args.operand("PRINCIPAL"), role, kind };
    return askAndPrint(context, {
      holder: tenant === undefined ? "owner" : "installer",
      ask: (client) => client.post("/v1/keys", tenant === undefined ? body : { ...body, tenant_id: tenant }),
      lines: (made) => {
        note(context, "this is shown once, keep it safe:");
        return [textOf(made, "key")];
      },
    });
  },
};

const INSTALLER = {
  flags: "--installer",
  summary: "the keys of those who administer the installation; takes the installer's key",
} as const;

export const keyListCommand: Command = {
  options: [INSTALLER],
  examples: ["countermark key list", "countermark key list --installer"],
  run: (context, args) =>
    askAndPrint(context, {
      holder: args.flag("installer") ? "installer" : "owner",
      ask: (client) => client.get("/v1/keys"),
      lines: (body) => keyLines(context, listOf(body, "keys")),
    }),
};

export const keyRevokeCommand: Command = {
  operands: [{ name: "KEY", summary: "a key's id, as `key list` shows it" }],
  options: [OPTIONAL_REASON, INSTALLER],
  examples: ["countermark key revoke 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11 --reason 'she has left'"],
  run: (context, args) =>
    askAndPrint(context, {
      holder: args.flag("installer") ? "installer" : "owner",
      ask: (client) =>
        client.post(`/v1/keys/${part(args.operand("KEY"))}/revoke`, { reason: args.value("reason") ?? "" }),
      lines: (key) => keyLines(context, [key]),
    }),
};

function keyLines({ host }: Context, keys: readonly JsonObject[]): readonly string[] {
  const now = host.clock.now();
  return table(
    ["key", "principal", "kind", "role", "made", "revoked"],
    keys.map((key) => [
      textOf(key, "key_id"),
      textOf(key, "principal_id"),
      textOf(key, "kind"),
      textOf(key, "role"),
      when(textOf(key, "created_at"), now),
      rawOf(key, "revoked_at") === undefined ? "-" : when(textOf(key, "revoked_at"), now),
    ]),
  );
}
