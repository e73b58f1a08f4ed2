import { askAndPrint } from "../answer.ts";
import type { Command } from "../command.ts";
import { numberOf } from "../document.ts";

export const gateRebuildCommand: Command = {
  examples: ["countermark gate rebuild"],
  run: (context) =>
    askAndPrint(context, {
      ask: (client) => client.post("/v1/gates/evidence/rebuild", {}),
      lines: (body) => {
        const differing = numberOf(body, "differing") ?? 0;
        const told = differing === 0 ? "each was as the ledger says" : `${differing} were not as the ledger says`;
        return [`${numberOf(body, "units") ?? 0} units; ${told}`];
      },
    }),
};
