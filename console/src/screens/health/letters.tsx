import { useState } from "react";
import { useRead } from "../../api/query.ts";
import { useBar } from "../../api/right.ts";
import type { DeadLetter, DeadLetters, ShownLetter } from "../../api/wire.ts";
import { RunLink } from "../../links.tsx";
import { Barred } from "../../ui/barred.tsx";
import { counted } from "../../ui/count.ts";
import { ActDialog } from "../../ui/dialog.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { LETTER_KINDS } from "./looks.ts";

type Act = "requeue" | "discard" | "resolve";

interface Asked {
  readonly letter: DeadLetter;
  readonly act: Act;
}

/** What ended badly and is kept until somebody has decided about it. */
export function Letters() {
  const query = useRead<DeadLetters>("/v1/dead-letters?state=PENDING_REVIEW&limit=100");
  const [asked, setAsked] = useState<Asked | null>(null);
  const bar = useBar("operate");
  return (
    <section>
      <h2>Dead letters</h2>
      <View
        query={query}
        empty={{
          when: ({ dead_letters }) => dead_letters.length === 0,
          says: "No dead letter waits for review.",
          command: "countermark deadletter list --state REQUEUED",
        }}
      >
        {({ dead_letters, next }) => (
          <>
            <Barred bar={bar} />
            <ul className="rows-of" aria-label="dead letters">
              {dead_letters.map((letter) => (
                <li key={letter.dead_letter_id}>
                  <Letter letter={letter} isBarred={bar !== null} onAct={(name) => setAsked({ letter, act: name })} />
                </li>
              ))}
            </ul>
            {next === null ? null : <p className="soft">there are more: these are the oldest 100</p>}
          </>
        )}
      </View>
      {asked === null ? null : <ReviewDialog asked={asked} onClose={() => setAsked(null)} />}
    </section>
  );
}

interface LetterProps {
  readonly letter: DeadLetter;
  readonly isBarred: boolean;
  readonly onAct: (name: Act) => void;
}

function Letter({ letter, isBarred, onAct }: LetterProps) {
  return (
    <>
      <div>
        <strong>{LETTER_KINDS[letter.kind]}</strong> <code>{letter.reason_code}</code>
        <p className="soft">
          {letter.run_id === null ? (
            "of no run"
          ) : (
            <RunLink run={letter.run_id}>
              {letter.step_id === null ? "its run" : `step ${letter.step_id} of its run`}
            </RunLink>
          )}{" "}
          · {counted(letter.attempts, "attempt")} · <Time at={letter.created_at} />
        </p>
      </div>
      <div className="acts">
        {letter.kind === "webhook" ? null : (
          <button type="button" disabled={isBarred} onClick={() => onAct("requeue")}>
            requeue …
          </button>
        )}
        <button type="button" disabled={isBarred} onClick={() => onAct("resolve")}>
          mended by hand …
        </button>
        <button type="button" disabled={isBarred} onClick={() => onAct("discard")}>
          discard …
        </button>
      </div>
    </>
  );
}

const ACTS: { readonly [A in Act]: { readonly title: string; readonly verb: string; readonly says: string } } = {
  requeue: {
    title: "Take it up again?",
    verb: "requeue",
    says: "A blocked run goes on where it stands; one that failed is started anew with the same input.",
  },
  resolve: {
    title: "Was it mended by hand?",
    verb: "it was mended",
    says: "Nothing is done: the letter is closed as resolved.",
  },
  discard: { title: "Discard it?", verb: "discard", says: "Nothing is done: the letter is closed as discarded." },
};

function ReviewDialog({
  asked: { letter, act: name },
  onClose,
}: {
  readonly asked: Asked;
  readonly onClose: () => void;
}) {
  const query = useRead<ShownLetter>(`/v1/dead-letters/${letter.dead_letter_id}`);
  const { title, verb, says } = ACTS[name];
  return (
    <ActDialog
      title={title}
      verb={verb}
      isGrave={name === "discard"}
      needsReason
      onClose={onClose}
      onConfirm={(reason, act) => act(`/v1/dead-letters/${letter.dead_letter_id}/${name}`, { reason })}
    >
      <p>{says}</p>
      <View query={query}>
        {({ original, reason_code }) => (
          <dl className="facts">
            <dt>why</dt>
            <dd>
              <code>{reason_code}</code>
            </dd>
            <dt>what</dt>
            <dd>
              {LETTER_KINDS[letter.kind]}
              {original === null ? "" : `: ${original.type}, entry ${original.seq} of its run`}
            </dd>
          </dl>
        )}
      </View>
    </ActDialog>
  );
}
