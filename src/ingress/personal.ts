import { declaresSealed, type SealedReference, type SealedValue, sealValue } from "../ledger/index.ts";
import type { InternalEvent } from "./normalise/event.ts";
import type { TenantAt } from "./ports.ts";
import { triggeredBy } from "./trigger.ts";

/** What of an event's personal data goes on, sealed: references for its payload, and what they stand for. */
export interface SealedPersonal {
  readonly references: { readonly [member: string]: SealedReference };
  readonly values: readonly SealedValue[];
}

type PersonalEvent = Pick<InternalEvent, "source" | "type" | "personal">;

/**
 * Seals those members of an event's personal data that the trigger of a workflow it starts declares as sealed. The rest is
 * in no workflow's interest, so nothing is kept of it, not even encrypted. Nothing is stored yet.
 */
export function sealPersonal({ host, control }: TenantAt, event: PersonalEvent): SealedPersonal {
  const { artifactKey } = control.secrets;
  const sealed = Object.entries(event.personal ?? {})
    .filter(([name, value]) => value !== null && isWanted(control, event, name))
    .map(([name, value]) => [name, sealValue(value, artifactKey, host.random)] as const);
  return {
    references: Object.fromEntries(sealed.map(([name, { reference }]) => [name, reference])),
    values: sealed.map(([, value]) => value),
  };
}

const isWanted = ({ packs }: TenantAt["control"], event: PersonalEvent, name: string): boolean =>
  triggeredBy(packs, event).some(({ workflow }) => declaresSealed(workflow.definition.trigger.input_schema, name));
