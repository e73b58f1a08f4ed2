import { type MigrationStatus, migrateDown, migrateUp, migrationStatus, type Query } from "../../store/index.ts";
import type { Command, Context } from "../command.ts";
import { openConfiguredDatabase } from "../database.ts";
import { EXIT } from "../exit-code.ts";
import { print } from "../output.ts";
import { confirm } from "../prompt.ts";
import { reportRefusal, talkOf } from "../report.ts";
import { table } from "../table.ts";

/** Migrations have four digits. */
const VERSION_MAX = 9_999;

export const migrateUpCommand: Command = {
  examples: ["countermark migrate up"],
  run: async (context) => {
    const applied = await onOwner(context, (owner) => migrateUp(owner, context.host.clock));
    print(context, { applied }, () => [applied.length === 0 ? "nothing to apply" : `applied ${applied.join(", ")}`]);
    return EXIT.done;
  },
};

export const migrateDownCommand: Command = {
  options: [
    {
      flags: "--to <version>",
      summary: "the newest migration that stays; 0 undoes all",
      required: true,
      integer: { min: 0, max: VERSION_MAX },
    },
    { flags: "--yes", summary: "do not ask: what undone migrations held is lost" },
  ],
  examples: ["countermark migrate down --to 1", "countermark migrate down --to 0 --yes"],
  run: async (context, args) => {
    const target = args.integer("to") ?? VERSION_MAX;
    if (!args.flag("yes") && !(await confirm(context, `undo every migration above ${target}, with the data in it?`))) {
      return reportRefusal(
        talkOf(context),
        { code: "USAGE", message: "not confirmed: nothing was undone" },
        "give --yes",
      );
    }
    const undone = await onOwner(context, (owner) => migrateDown(owner, target));
    print(context, { undone }, () => [undone.length === 0 ? "nothing to undo" : `undone ${undone.join(", ")}`]);
    return EXIT.done;
  },
};

export const migrateStatusCommand: Command = {
  examples: ["countermark migrate status"],
  run: async (context) => {
    const migrations = await onOwner(context, migrationStatus);
    print(context, { migrations }, (paint) =>
      table(
        ["version", "name", "state", "took"],
        migrations.map((migration) => [
          String(migration.version).padStart(4, "0"),
          migration.name,
          migration.applied ? paint.green("applied") : paint.yellow("missing"),
          took(migration),
        ]),
      ),
    );
    return EXIT.done;
  },
};

const took = ({ took_ms }: MigrationStatus): string => (took_ms === null ? "-" : `${took_ms} ms`);

async function onOwner<T>(context: Context, work: (owner: Query) => Promise<T>): Promise<T> {
  const opened = await openConfiguredDatabase(context);
  try {
    return await work(opened.database.owner);
  } finally {
    await opened.close();
  }
}
