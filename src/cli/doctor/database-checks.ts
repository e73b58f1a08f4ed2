import { codeEntry, Fault, type Host } from "../../contracts/index.ts";
import { asFault, migrationStatus, type Query } from "../../store/index.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { hasSchema, openTables, serverFacts, unsafeRoles } from "./queries.ts";

const VERSION_MIN = 15;
const ROLES = ["countermark_app", "countermark_worker", "countermark_resolver"];

/** The worker's clock stamps events, the database's rules leases; past half a lease the two stop agreeing on who holds. */
const SKEW_MS_WARN = 1_000;
const SKEW_MS_MAX = 5_000;

/** Everything that is known only by asking the database. A database that does not answer is one finding. */
export async function checkDatabase(owner: Query, host: Host): Promise<readonly Finding[]> {
  try {
    const asked = host.clock.now();
    const facts = await serverFacts(owner);
    const answered = host.clock.now();
    return [versionFinding(facts), skewFinding(facts.epoch_ms - (asked + answered) / 2), ...(await checkSchema(owner))];
  } catch (error) {
    return [failureFinding("database", error)];
  }
}

/** A fault as a finding; anything else is not the doctor's to explain. */
export function failureFinding(name: string, thrown: unknown): Finding {
  const error = asFault(thrown);
  if (!(error instanceof Fault)) throw error;
  return fail(name, error.message, codeEntry(error.code).remedy, error.code);
}

function versionFinding({
  version,
  version_number,
}: {
  readonly version: string;
  readonly version_number: number;
}): Finding {
  return version_number >= VERSION_MIN * 10_000
    ? ok("database", `PostgreSQL ${version} answers`)
    : fail("database", `PostgreSQL ${version} is too old`, `use PostgreSQL ${VERSION_MIN} or newer`);
}

function skewFinding(skewMs: number): Finding {
  const detail = `the database's clock differs by ${Math.round(Math.abs(skewMs))} ms`;
  const remedy = "synchronise both clocks by NTP";
  if (Math.abs(skewMs) > SKEW_MS_MAX) return fail("clock", detail, remedy);
  return Math.abs(skewMs) > SKEW_MS_WARN ? warn("clock", detail, remedy) : ok("clock", detail);
}

async function checkSchema(owner: Query): Promise<readonly Finding[]> {
  if (!(await hasSchema(owner)))
    return [warn("schema", "no migration is applied yet", "run `countermark migrate up`, or any other command")];
  try {
    const missing = (await migrationStatus(owner)).filter(({ applied }) => !applied);
    if (missing.length > 0) {
      const versions = missing.map(({ version }) => version).join(", ");
      return [fail("schema", `migration ${versions} is missing`, codeEntry("SCHEMA_BEHIND").remedy, "SCHEMA_BEHIND")];
    }
  } catch (error) {
    return [failureFinding("schema", error)];
  }
  return [ok("schema", "every migration is applied"), await checkRoles(owner), await checkTables(owner)];
}

async function checkRoles(owner: Query): Promise<Finding> {
  const unsafe = await unsafeRoles(owner, ROLES);
  return unsafe.length === 0
    ? ok("roles", "none of our roles can pass by row security")
    : fail(
        "roles",
        unsafe.map(({ role, problem }) => `\`${role}\` ${problem}`).join("; "),
        "run `alter role NAME nosuperuser nobypassrls`, or `countermark migrate up` where it is missing",
      );
}

async function checkTables(owner: Query): Promise<Finding> {
  const open = await openTables(owner);
  return open.length === 0
    ? ok("row security", "forced on every tenant's table")
    : fail(
        "row security",
        `not in force on ${open.map(({ name }) => `\`${name}\``).join(", ")}`,
        "run `alter table NAME force row level security`, and see who switched it off",
      );
}
