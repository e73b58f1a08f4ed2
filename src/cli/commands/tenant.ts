import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

export const tenantAddCommand: Command = {
  operands: [{ name: "ID", summary: "letters a to z, digits, `-` and `_`; it begins every id of the tenant" }],
  options: [
    { flags: "--name <text>", summary: "what people call it; the id when left out" },
    {
      flags: "--mode <mode>",
      summary: "`sandbox` reaches no live host and takes no live key",
      default: "sandbox",
      choices: ["sandbox", "live"],
    },
  ],
  examples: ["countermark tenant add north --name 'North shop'"],
  run: (context, args) => {
    const name = args.value("name");
    const body = { tenant_id: args.operand("ID"), mode: args.value("mode") ?? "sandbox" };
    return askAndPrint(context, {
      holder: "installer",
      ask: (client) => client.post("/v1/tenants", name === undefined ? body : { ...body, name }),
      lines: (tenant) => [
        `added tenant ${textOf(tenant, "tenant_id")} (${textOf(tenant, "mode")}); give it people with \`countermark key add NAME --role admin --tenant ${textOf(tenant, "tenant_id")}\``,
      ],
    });
  },
};

export const tenantListCommand: Command = {
  examples: ["countermark tenant list"],
  run: (context) =>
    askAndPrint(context, {
      holder: "installer",
      ask: (client) => client.get("/v1/tenants"),
      lines: (body) =>
        table(
          ["tenant", "name", "status", "mode", "added"],
          listOf(body, "tenants").map((tenant) => [
            ...["tenant_id", "name", "status", "mode"].map((member) => textOf(tenant, member)),
            when(textOf(tenant, "created_at"), context.host.clock.now()),
          ]),
        ),
    }),
};
