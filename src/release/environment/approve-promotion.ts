import { accepted, after, type Instant, type Refusal, type Result, rejected } from "../../contracts/index.ts";
import { type Act, acting, type ReleasePorts, record } from "./act.ts";
import { APPROVAL_DAYS_MAX, type PromotionApproval } from "./approvals.ts";
import { authorsOf, findBundle, insertApproval, type PromotedBundle } from "./queries.ts";

export interface ApprovalRequest extends Act {
  readonly bundleId: string;
  /** As the approver saw it. */
  readonly rootDigest: string;
  readonly statement: string;
  /** Of the key, and whether a person holds it. */
  readonly role: string;
  readonly isPerson: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Records that somebody agrees that a bundle comes into an environment. Refused: BUNDLE_NOT_FOUND, HITL_PREVIEW_MISMATCH for another
 * digest than the bundle's, APPROVER_IS_AUTHOR, APPROVER_IS_NO_PERSON, ENVIRONMENT_LOCKED.
 */
export const approvePromotion = (ports: ReleasePorts, request: ApprovalRequest): Promise<Result<PromotionApproval>> =>
  acting(ports, request, "approve", async (sql) => {
    const { environment, by, bundleId, rootDigest, statement, role } = request;
    const bundle = await findBundle(sql, bundleId);
    if (bundle === undefined)
      return rejected({ code: "BUNDLE_NOT_FOUND", message: `no bundle \`${bundleId}\` was promoted before` });
    const problem = approverProblem(request, bundle);
    if (problem !== null) return rejected(problem);
    const at: Instant = ports.host.clock.now();
    const approval = {
      approval_id: ports.host.ids.next(),
      environment,
      bundle_id: bundle.bundle_id,
      root_digest: rootDigest,
      approver: by,
      role,
      statement,
      approved_at: at,
      expires_at: after(at, APPROVAL_DAYS_MAX * DAY_MS),
    };
    await insertApproval(sql, approval);
    const { approval_id, bundle_id, root_digest } = approval;
    const payload = { approval_id, bundle_id, root_digest, role, statement };
    await record(ports, sql, request, { type: "environment.approved", payload });
    return accepted(approval);
  });

function approverProblem(
  { by, bundleId, rootDigest, isPerson }: ApprovalRequest,
  bundle: PromotedBundle,
): Refusal | null {
  if (bundle.root_digest !== rootDigest)
    return {
      code: "HITL_PREVIEW_MISMATCH",
      message: `the root digest of \`${bundleId}\` is another one: see \`countermark bundle show\``,
    };
  if (!isPerson) return { code: "APPROVER_IS_NO_PERSON", message: "an agent or a service approves nothing" };
  return authorsOf(bundle).includes(by)
    ? { code: "APPROVER_IS_AUTHOR", message: `\`${by}\` built \`${bundleId}\` or brought it in` }
    : null;
}
