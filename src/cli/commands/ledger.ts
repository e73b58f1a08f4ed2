import type { Instant, JsonObject } from "../../contracts/index.ts";
import { askAndPrint, part } from "../answer.ts";
import type { Command } from "../command.ts";
import { listOf, objectOf, textOf } from "../document.ts";
import { EXIT } from "../exit-code.ts";
import { noteNext } from "../output.ts";
import { table } from "../table.ts";
import { when } from "../when.ts";

const STREAM = { name: "STREAM", summary: "a stream, such as a run's id or `audit`", optional: true } as const;

export const ledgerVerifyCommand: Command = {
  operands: [{ ...STREAM, summary: `${STREAM.summary}; all of them when left out` }],
  examples: ["countermark ledger verify", "countermark ledger verify audit"],
  run: (context, args) => {
    const stream = args.operand("STREAM");
    return askAndPrint(context, {
      ask: (client) => client.post("/v1/ledger/verify", stream === "" ? {} : { stream }),
      lines: (found, paint) => {
        const counts = `${textOf(found, "streams")} streams, ${textOf(found, "events")} events`;
        if (found.verified === true) return [`${paint.green("verified")}  ${counts}`];
        const broken = objectOf(found, "broken");
        const place = `stream ${textOf(broken, "stream")}, event ${textOf(broken, "seq")}`;
        return [
          `${paint.red("broken")}  ${place}: ${textOf(broken, "rule")}, after ${counts} that hold`,
          `  expected  ${textOf(broken, "expected")}`,
          `  found     ${textOf(broken, "found")}`,
        ];
      },
      exit: ({ verified }) => (verified === true ? EXIT.done : EXIT.notVerified),
    });
  },
};

export const ledgerShowCommand: Command = {
  operands: [{ ...STREAM, summary: `${STREAM.summary}; the list of them when left out` }],
  options: [
    { flags: "--after <place>", summary: "the page after this stream, or after this event's number" },
    { flags: "--limit <number>", summary: "rows of a page", default: "50", integer: { min: 1, max: 200 } },
  ],
  examples: ["countermark ledger show", "countermark ledger show audit --after 50"],
  run: (context, args) => {
    const stream = args.operand("STREAM");
    const page = { after: args.value("after"), limit: args.value("limit") };
    const path = stream === "" ? "/v1/ledger/streams" : `/v1/ledger/streams/${part(stream)}`;
    return askAndPrint(context, {
      ask: (client) => client.get(path, page),
      lines: (body) => {
        noteNext(context, body, "--after");
        return stream === "" ? streamLines(body) : eventLines(body, context.host.clock.now());
      },
    });
  },
};

function streamLines(body: JsonObject): readonly string[] {
  const rows = listOf(body, "streams").map((row) => [textOf(row, "stream"), textOf(row, "seq"), textOf(row, "hash")]);
  return rows.length === 0 ? ["no streams"] : table(["stream", "events", "head"], rows);
}

/** Characters of a hash that tell two apart at a glance; `--json` has them whole. */
const HASH_SHOWN = 12;

function eventLines(body: JsonObject, now: Instant): readonly string[] {
  const rows = listOf(body, "events").map((event) => [
    textOf(event, "seq"),
    textOf(event, "type"),
    textOf(event, "step"),
    textOf(event, "actor"),
    when(textOf(event, "at"), now),
    textOf(event, "hash").slice(0, HASH_SHOWN),
  ]);
  return rows.length === 0 ? ["no events"] : table(["seq", "type", "step", "actor", "at", "hash"], rows);
}
