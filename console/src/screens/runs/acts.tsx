import { useMemo, useState } from "react";
import type { Run, RunAction } from "../../api/wire.ts";
import { ActDialog } from "../../ui/dialog.tsx";
import { useKeys } from "../../ui/keys.ts";
import { Marked } from "../../ui/marked.tsx";
import { ACTS, type Act, type Given } from "./act.ts";

/** What its reader may do to a run, each shown before it is done; and beneath it what they may not, and why. */
export function Acts({ run }: { readonly run: Run }) {
  const [asked, setAsked] = useState<RunAction | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const allowed = run.actions.filter((action) => action.allowed);
  const barred = run.actions.filter((action) => !action.allowed);
  const names = allowed.map(({ name }) => name).join(" ");
  const [keys, words] = useMemo(() => keysOf(run, names, setAsked), [run, names]);
  useKeys(keys, words);
  return (
    <div className="run-acts">
      <div className="acts">
        {allowed.map((action) => (
          <ActButton key={action.name} run={run} action={action} onAsk={() => setAsked(action)} />
        ))}
      </div>
      {said === null ? null : (
        <p className="said" role="status">
          <Marked text={said} />
        </p>
      )}
      {barred.length === 0 ? null : <Barred run={run} actions={barred} />}
      {asked === null ? null : <AskDialog run={run} action={asked} onSaid={setSaid} onClose={() => setAsked(null)} />}
    </div>
  );
}

function keysOf(run: Run, names: string, ask: (action: RunAction) => void) {
  const allowed = run.actions.filter(({ name }) => names.split(" ").includes(name));
  return [
    Object.fromEntries(allowed.map((action) => [ACTS[action.name].key, () => ask(action)])),
    Object.fromEntries(allowed.map(({ name }) => [ACTS[name].key, `${ACTS[name].verb(run)}, after a look`])),
  ] as const;
}

interface ActButtonProps {
  readonly run: Run;
  readonly action: RunAction;
  readonly onAsk: () => void;
}

function ActButton({ run, action: { name }, onAsk }: ActButtonProps) {
  const { key, verb, isGrave } = ACTS[name];
  return (
    <button type="button" className={isGrave ? "grave" : ""} onClick={onAsk}>
      {verb(run)} … <kbd>{key}</kbd>
    </button>
  );
}

const Barred = ({ run, actions }: { readonly run: Run; readonly actions: readonly RunAction[] }) => (
  <details className="barred">
    <summary>what you cannot do to it now, and why</summary>
    <dl className="facts">
      {actions.map(({ name, code, reason }) => (
        <div key={name} className="pair">
          <dt>{ACTS[name].verb(run)}</dt>
          <dd>
            <Marked text={reason ?? ""} /> <code>{code}</code>
          </dd>
        </div>
      ))}
    </dl>
  </details>
);

interface AskDialogProps {
  readonly run: Run;
  readonly action: RunAction;
  readonly onSaid: (said: string) => void;
  readonly onClose: () => void;
}

/** Exactly what an act will do, as the server told it, and whatever the act needs to be told. */
function AskDialog({ run: now, action, onSaid, onClose }: AskDialogProps) {
  // What was looked at is what is acted on, whatever becomes of the run meanwhile.
  const [run] = useState(now);
  const { title, verb, isGrave, needsReason, asks, done }: Act = ACTS[action.name];
  const [given, setGiven] = useState<Given>({ event: "", applied: "no", output: "{}" });
  return (
    <ActDialog
      title={`${title(run)} ${run.workflow_id}?`}
      verb={verb(run)}
      isGrave={isGrave}
      needsReason={needsReason}
      onClose={onClose}
      onConfirm={async (reason, act) => onSaid(await done({ act, run, reason, given }))}
    >
      <ul className="does">
        {action.does.map((sentence) => (
          <li key={sentence}>
            <Marked text={sentence} />
          </li>
        ))}
      </ul>
      <p className="soft">
        run <code>{run.run_id}</code>
      </p>
      {asks === "event" ? <AskEvent given={given} onGiven={setGiven} /> : null}
      {asks === "effect" ? <AskEffect given={given} onGiven={setGiven} /> : null}
    </ActDialog>
  );
}

interface AskProps {
  readonly given: Given;
  readonly onGiven: (given: Given) => void;
}

const AskEvent = ({ given, onGiven }: AskProps) => (
  <label>
    event
    <input
      value={given.event}
      required
      maxLength={255}
      onChange={({ target }) => onGiven({ ...given, event: target.value })}
    />
  </label>
);

const AskEffect = ({ given, onGiven }: AskProps) => (
  <>
    <label>
      what you found at the provider
      <select
        value={given.applied}
        onChange={({ target }) => onGiven({ ...given, applied: target.value === "yes" ? "yes" : "no" })}
      >
        <option value="no">it did not happen</option>
        <option value="yes">it happened</option>
      </select>
    </label>
    {given.applied === "no" ? null : (
      <label>
        output that the step would have given, as JSON
        <textarea
          value={given.output}
          rows={4}
          required
          onChange={({ target }) => onGiven({ ...given, output: target.value })}
        />
      </label>
    )}
  </>
);
