import { stat } from "node:fs/promises";
import { join } from "node:path";
import { probeTemporal } from "../../worker/index.ts";
import type { Command, Context } from "../command.ts";
import type { Config } from "../config.ts";
import { openConfiguredDatabase } from "../database.ts";
import { checkDatabase, failureFinding } from "../doctor/database-checks.ts";
import { type Finding, ok } from "../doctor/finding.ts";
import { checkDirectory, checkNode, checkPort } from "../doctor/local-checks.ts";
import { EXIT } from "../exit-code.ts";
import { type Paint, print } from "../output.ts";
import { findServer } from "../server-file.ts";
import { columns } from "../table.ts";

export const doctorCommand: Command = {
  examples: ["countermark doctor", "countermark doctor --json"],
  run: async (context) => {
    const findings = [
      checkNode(context.nodeVersion),
      ...(await checkDirectory(context.config.directory)),
      ...(await databaseFindings(context)),
      ...(await schedulerFindings(context.config)),
      await checkPort(context, await findServer(context)),
    ];
    print(context, { findings }, (paint) => linesOf(findings, paint));
    return findings.some(({ status }) => status === "fail") ? EXIT.internal : EXIT.done;
  },
};

/** A database that was never made is in order; looking at it must not make it. */
async function databaseFindings(context: Context): Promise<readonly Finding[]> {
  const { config, host } = context;
  if (config.server === null && !(await exists(join(config.directory, "database.json"))))
    return [ok("database", "embedded; will be made by the first command")];
  try {
    const opened = await openConfiguredDatabase(context);
    try {
      return await checkDatabase(opened.database.owner, host);
    } finally {
      await opened.close();
    }
  } catch (error) {
    return [failureFinding("database", error)];
  }
}

/** A cluster that is to call for runs, asked whether it would. */
async function schedulerFindings({ temporal }: Config): Promise<readonly Finding[]> {
  if (temporal === null) return [];
  const { address, namespace } = temporal;
  try {
    const version = await probeTemporal(temporal);
    const name = `Temporal ${version}`.trimEnd();
    return [ok("scheduler", `${name} answers at ${address}, namespace \`${namespace}\``)];
  } catch (error) {
    return [failureFinding("scheduler", error)];
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function linesOf(findings: readonly Finding[], paint: Paint): readonly string[] {
  const mark = { ok: paint.green("ok"), warn: paint.yellow("warn"), fail: paint.red("fail") };
  const lines = columns(findings.map(({ status, name, detail }) => [mark[status], name, detail]));
  return findings.flatMap(({ remedy }, index) => [
    lines[index] ?? "",
    ...(remedy === null ? [] : [`      remedy: ${remedy}`]),
  ]);
}
