import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { textOf } from "../document.ts";
import { note } from "../output.ts";

export const keyAddCommand: Command = {
  operands: [{ name: "PRINCIPAL", summary: "whose key it is: letters, digits, `@`, `.`, `_` and `-`" }],
  options: [
    {
      flags: "--role <role>",
      summary: "viewers read; operators also start runs and calls; approvers also decide; admins do everything",
      required: true,
      choices: ["viewer", "operator", "approver", "admin", "installer"],
    },
    {
      flags: "--kind <kind>",
      summary: "only persons approve",
      default: "person",
      choices: ["person", "service", "agent"],
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
