import { accepted, type Result, rejected } from "../contracts/index.ts";
import {
  evaluateTable,
  ledgerHead,
  ledgerTable,
  MEASURED_FILE,
  type Measured,
  measurementJson,
  onlyText,
  parseMeasured,
  policyIn,
  rangeOf,
} from "../gate/index.ts";
import type { Packet } from "../release/index.ts";
import { inTenantSnapshot } from "../store/index.ts";
import type { Installation } from "./installation.ts";

/** What a ledger comes to now that a decision was counted over. */
export interface Recounted {
  /** Units of each kind, as many as then. */
  readonly units: { readonly [kind: string]: number };
  /** Metrics that come to something else than then: of the same units, some say otherwise since. */
  readonly changed: readonly string[];
}

/**
 * Counts a ledger again as a recorded decision says that it was counted. Refused: GATE_NOT_COUNTED where it was made on rows, which its
 * packet has; GATE_LEDGER_ANOTHER where the ledger does not have exactly the units that were counted; PACKET_CORRUPT.
 */
export async function recountLedger(
  { database }: { readonly database: Pick<Installation["database"], "app"> },
  tenantId: string,
  { policy: source, profile, decidedAt, evidence }: Packet,
): Promise<Result<Recounted>> {
  const text = onlyText(evidence, MEASURED_FILE);
  if (text === undefined) return NOT_COUNTED;
  const measured = parseMeasured(text);
  if (!measured.ok) return measured;
  const { ledger } = measured.value.evidence;
  if (ledger === undefined) return NOT_COUNTED;
  const range = rangeOf(ledger);
  if (range === null) return rejected({ code: "PACKET_CORRUPT", message: "what was counted has no range" });
  const policy = policyIn(source);
  if (!policy.ok) return policy;
  const asked = { policy: policy.value, profile, decidedAt, waivers: null };
  const again = await inTenantSnapshot(database, tenantId, (sql) =>
    evaluateTable(asked, ledgerTable(sql, range), (counted) => ledgerHead(range, counted)),
  );
  return again.ok ? compared(measured.value, again.value.measured) : again;
}

const NOT_COUNTED = rejected({
  code: "GATE_NOT_COUNTED",
  message: "the decision was made on rows that its packet has: `countermark packet verify` makes it again",
});

function compared(then: Measured, now: Measured): Result<Recounted> {
  const [before, after] = [then, now].map(({ evidence }) => evidence.ledger?.marks ?? {});
  const kinds = Object.keys({ ...before, ...after });
  const other = kinds.find((kind) => before?.[kind] !== after?.[kind] || then.units[kind] !== now.units[kind]);
  if (other !== undefined)
    return rejected({
      code: "GATE_LEDGER_ANOTHER",
      message: `of the kind \`${other}\`, ${then.units[other] ?? 0} units were counted, and this ledger has ${now.units[other] ?? 0}, not the same ones`,
    });
  const said = new Map(then.measurements.map((one) => [one.key, measurementJson(one)]));
  const changed = now.measurements.filter((one) => said.get(one.key) !== measurementJson(one));
  return accepted({ units: now.units, changed: changed.map(({ key }) => key) });
}
