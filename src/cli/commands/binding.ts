import type { JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command, Context } from "../command.ts";
import { listOf, rawOf, textOf } from "../document.ts";
import { OPTIONAL_REASON } from "../reason-option.ts";
import { ROLE_OPTION } from "../role-option.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

export const bindingAddCommand: Command = {
  operands: [
    { name: "VALUE", summary: "a subject, a verified address or the name of a group, as the issuer writes it" },
  ],
  options: [
    {
      flags: "--by <claim>",
      summary: "which of these it is; of several that fit somebody the first in this order counts",
      required: true,
      choices: ["subject", "email", "group"],
    },
    ROLE_OPTION,
    {
      flags: "--principal <name>",
      summary: "who that is here, with keys or without; each of a group's people is one by themselves",
    },
    { flags: "--tenant <id>", summary: "a tenant other than the key's own; takes the installer's key" },
  ],
  examples: [
    "countermark binding add grace@example.com --by email --principal grace --role approver",
    "countermark binding add countermark-operators --by group --role operator --tenant north",
  ],
  run: (context, args) => {
    const [claim = "", role = "", principal_id, tenant_id] = ["by", "role", "principal", "tenant"].map(args.value);
    const body = {
      claim,
      value: args.operand("VALUE"),
      role,
      ...(principal_id === undefined ? {} : { principal_id }),
      ...(tenant_id === undefined ? {} : { tenant_id }),
    };
    return askAndPrint(context, {
      holder: tenant_id === undefined ? "owner" : "installer",
      ask: (client) => client.post("/v1/bindings", body),
      lines: (made) => bindingLines(context, [made]),
    });
  },
};

const INSTALLER = {
  flags: "--installer",
  summary: "the bindings of those who administer the installation; takes the installer's key",
} as const;

export const bindingListCommand: Command = {
  options: [INSTALLER],
  examples: ["countermark binding list"],
  run: (context, args) =>
    askAndPrint(context, {
      holder: args.flag("installer") ? "installer" : "owner",
      ask: (client) => client.get("/v1/bindings"),
      lines: (body) => bindingLines(context, listOf(body, "bindings")),
    }),
};

export const bindingRemoveCommand: Command = {
  operands: [{ name: "BINDING", summary: "a binding's id, as `binding list` shows it" }],
  options: [OPTIONAL_REASON, INSTALLER],
  examples: ["countermark binding remove 0198c3f0-5a3e-7cc1-b0f0-2f6b8a0d1e11 --reason 'the team is gone'"],
  run: (context, args) =>
    askAndPrint(context, {
      holder: args.flag("installer") ? "installer" : "owner",
      ask: (client) =>
        client.post(`/v1/bindings/${part(args.operand("BINDING"))}/remove`, { reason: args.value("reason") ?? "" }),
      lines: (binding) => bindingLines(context, [binding]),
    }),
};

function bindingLines({ host }: Context, bindings: readonly JsonObject[]): readonly string[] {
  if (bindings.length === 0) return ["no bindings: `countermark binding add` makes one"];
  const now = host.clock.now();
  return table(
    ["binding", "claim", "value", "principal", "role", "made", "ended"],
    bindings.map((binding) => [
      textOf(binding, "binding_id"),
      textOf(binding, "claim"),
      textOf(binding, "value"),
      rawOf(binding, "principal_id") === undefined ? "each their own" : textOf(binding, "principal_id"),
      textOf(binding, "role"),
      when(textOf(binding, "created_at"), now),
      rawOf(binding, "revoked_at") === undefined ? "-" : when(textOf(binding, "revoked_at"), now),
    ]),
  );
}
