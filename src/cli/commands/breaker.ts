import type { Instant, JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Answer, Client } from "../client.ts";
import type { Command } from "../command.ts";
import { listOf, textOf } from "../document.ts";
import { REASON } from "../reason-option.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

export const breakerListCommand: Command = {
  examples: ["countermark breaker list", "countermark breaker list --json | jq '.breakers[].state'"],
  run: (context) =>
    askAndPrint(context, {
      ask: (client) => client.get("/v1/breakers"),
      lines: (body) => breakerLines(listOf(body, "breakers"), context.host.clock.now()),
    }),
};

export const breakerResetCommand: Command = {
  operands: [{ name: "BREAKER", summary: "the service's name, such as `stripe`" }],
  options: [REASON],
  examples: ["countermark breaker reset stripe --reason 'its status page says all clear'"],
  run: (context, args) =>
    askAndPrint(context, {
      ask: (client) => reset(client, args.operand("BREAKER"), args.value("reason") ?? ""),
      lines: (breaker) => breakerLines([breaker], context.host.clock.now()),
    }),
};

/** Resets the breaker as it stands now. */
async function reset(client: Client, id: string, reason: string): Promise<Answer> {
  const shown = await client.get("/v1/breakers");
  if (!shown.ok) return shown;
  const found = listOf(shown.body, "breakers").find(({ breaker_id }) => breaker_id === id);
  return client.post(`/v1/breakers/${part(id)}/reset`, { revision: found?.revision ?? 0, reason });
}

function breakerLines(breakers: readonly JsonObject[], now: Instant): readonly string[] {
  if (breakers.length === 0) return ["no breaker has moved: every service answers"];
  return table(
    ["breaker", "state", "failures", "opened", "changed"],
    breakers.map((breaker) => [
      textOf(breaker, "breaker_id"),
      textOf(breaker, "state"),
      `${textOf(breaker, "failures")} of ${textOf(breaker, "failure_threshold")}`,
      when(textOf(breaker, "opened_at"), now),
      when(textOf(listOf(breaker, "changes")[0] ?? {}, "at"), now),
    ]),
  );
}
