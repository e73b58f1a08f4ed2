import { accepted, type Result } from "../../contracts/index.ts";
import { type Decision, latestEvaluations } from "../../gate/index.ts";
import { type Act, acting, type ReleasePorts, record } from "./act.ts";
import { hold } from "./holds.ts";
import { gateWord, type PutBack, type RollbackReport, rollbackReport } from "./rollback-report.ts";

export interface RollbackJudgement extends Act {
  readonly back: PutBack;
  /** On what ran on the bundle that the environment holds again; null where that could not be judged. */
  readonly evaluated: { readonly decision: Decision; readonly evaluationId: string } | null;
}

/**
 * W49, RBK-04: says whether a rollback is complete, and records it. Where the gate does not say go, or what ran on the bundle is bad too or
 * too little to tell, the environment is held; it keeps the bundle that it was put onto. Refused with ENVIRONMENT_LOCKED.
 */
export const judgeRollback = (ports: ReleasePorts, request: RollbackJudgement): Promise<Result<RollbackReport>> =>
  acting(ports, request, "judge", async (sql) => {
    const { environment, back, evaluated } = request;
    const { manifest } = back;
    const finishedAt = ports.host.clock.now();
    const policies = manifest.policies.map(({ id }) => id);
    const evaluations = await latestEvaluations(sql, { subject: manifest.root_digest, policies, until: finishedAt });
    const gate = gateWord(manifest, environment, evaluations);
    const report = rollbackReport(back, { gate, evaluated, finishedAt });
    await record(ports, sql, request, {
      type: "environment.rollback_judged",
      payload: JSON.parse(JSON.stringify(report)),
    });
    if (report.status === "rollback_incomplete")
      await hold(ports, sql, {
        ...request,
        scope: environment,
        reason: `rollback incomplete: gate ${gate}, canary ${report.canary.status}${lackingIn(evaluated)}`,
      });
    return accepted(report);
  });

/** The rows that keep what ran on it from being known to be well. */
function lackingIn(evaluated: RollbackJudgement["evaluated"]): string {
  const blocking = evaluated?.decision.blocked_by ?? [];
  return blocking.length === 0 ? "" : ` (${blocking.join(", ")})`;
}
