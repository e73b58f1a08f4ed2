import { useState } from "react";
import { ActDialog } from "../../ui/dialog.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Marked } from "../../ui/marked.tsx";
import { Blocking } from "./blocking.tsx";
import type { Environment, Next } from "./next.ts";

interface DialogProps {
  readonly held: Environment;
  readonly onClose: () => void;
}

const factsOf = ({ bundle_id, root_digest }: Next["bundle"]) =>
  [
    ["bundle", bundle_id],
    ["digest", <Digest key={root_digest} text={root_digest} shown={64} />],
  ] as const;

export function RollBackDialog({ held, to, onClose }: DialogProps & { readonly to: string }) {
  return (
    <ActDialog
      title={`Roll ${held.environment} back?`}
      verb={`roll ${held.environment} back`}
      isGrave
      needsReason
      onClose={onClose}
      onConfirm={(reason, act) =>
        act(`/v1/environments/${held.environment}/rollback`, {
          reason,
          seen: held.bundle?.bundle_id ?? null,
          bundle_id: to,
        })
      }
    >
      <Facts
        of={[
          ["from", `${held.bundle?.bundle_id} (is marked bad, and comes nowhere again)`],
          ["to", `${to} (the last healthy one)`],
          ["canary", held.canary === null ? null : `ends, at ${held.canary.share_percent} % of the new runs`],
        ]}
      />
      <p>New runs start on it at once. Runs in flight stay on what they started with.</p>
    </ActDialog>
  );
}

/** Every check is shown before; the server looks at each again, and moves nothing where one does not pass. */
export function PromoteDialog({ held, next, onClose }: DialogProps & { readonly next: Next }) {
  const [isTried, setTried] = useState(false);
  const { bundle } = next;
  const always = next.preview?.canary ?? null;
  return (
    <ActDialog
      title={`Promote to ${held.environment}?`}
      verb={`promote to ${held.environment}`}
      needsReason={null}
      onClose={onClose}
      onConfirm={(_reason, act) =>
        act(`/v1/environments/${held.environment}/promote`, {
          bundle_id: bundle.bundle_id,
          canary: isTried,
        })
      }
    >
      <Facts of={[["instead of", held.bundle?.bundle_id ?? "nothing"], ...factsOf(bundle)]} />
      <Blocking next={next} />
      <NotesWarning preview={next.preview} />
      {always === null ? (
        <label className="tick">
          <input type="checkbox" checked={isTried} onChange={({ target }) => setTried(target.checked)} /> try it on a
          share of the new runs first
        </label>
      ) : (
        <p>
          It is tried first, beside {always.baseline_bundle_id}: on{" "}
          {always.steps.map(({ share_percent }) => `${share_percent} %`).join(", then ")} of the new runs.
        </p>
      )}
    </ActDialog>
  );
}

/** What the bundle's notes say that would not be so there: it keeps nothing back, and whoever promotes it knows. */
const NotesWarning = ({ preview }: Pick<Next, "preview">) =>
  preview === null || preview.warning === null ? null : (
    <p className="wait">
      ◔ <Marked text={preview.warning} />
    </p>
  );

/** Agreeing states the digest that was looked at: it counts for nothing else. */
export function ApproveDialog({ held, next, onClose }: DialogProps & { readonly next: Next }) {
  const { bundle_id, root_digest } = next.bundle;
  return (
    <ActDialog
      title={`Agree that it comes into ${held.environment}?`}
      verb="agree to exactly this"
      needsReason
      onClose={onClose}
      onConfirm={(statement, act) =>
        act(`/v1/environments/${held.environment}/approvals`, {
          bundle_id,
          root_digest,
          statement,
        })
      }
    >
      <Facts of={factsOf(next.bundle)} />
      <p className="soft">Your word holds for seven days, for this environment and this digest alone.</p>
    </ActDialog>
  );
}

export function JudgeDialog({ held, health, onClose }: DialogProps & { readonly health: "good" | "bad" }) {
  const isBad = health === "bad";
  return (
    <ActDialog
      title={isBad ? `Mark it bad in ${held.environment}?` : `Mark it healthy in ${held.environment}?`}
      verb={isBad ? "mark bad" : "mark healthy"}
      isGrave={isBad}
      needsReason
      onClose={onClose}
      onConfirm={(reason, act) =>
        act(`/v1/environments/${held.environment}/health`, { health, reason, seen: held.bundle?.bundle_id ?? null })
      }
    >
      <p>{held.bundle?.bundle_id}</p>
      <p className="soft">
        {isBad
          ? "A bundle that was marked bad stays bad and is promoted nowhere again; the environment keeps it until it is rolled back."
          : "A healthy bundle may be promoted further, and is what a rollback comes back to."}
      </p>
    </ActDialog>
  );
}

export function HoldDialog({ held, onClose }: DialogProps) {
  return (
    <ActDialog
      title={`Hold ${held.environment}?`}
      verb={`hold ${held.environment}`}
      needsReason
      onClose={onClose}
      onConfirm={(reason, act) => act("/v1/holds", { scope: held.environment, reason })}
    >
      <p>Nothing is promoted into it until the hold is lifted. Rollbacks stay possible.</p>
    </ActDialog>
  );
}

export function LiftDialog({
  hold,
  onClose,
}: {
  readonly hold: { readonly hold_id: string; readonly reason: string };
  readonly onClose: () => void;
}) {
  return (
    <ActDialog
      title="Lift the hold?"
      verb="lift it"
      needsReason
      onClose={onClose}
      onConfirm={(reason, act) => act(`/v1/holds/${hold.hold_id}/lift`, { reason })}
    >
      <p>{hold.reason}</p>
    </ActDialog>
  );
}
