import { COMPENSATION, type CompiledWorkflow, type RunState } from "../run/index.ts";

/** Lanes at a WAIT step that only a person ends. */
export const manualLanes = ({ steps }: CompiledWorkflow, { lanes }: RunState): readonly string[] =>
  Object.values(lanes).flatMap(({ id, step, phase }) => {
    const definition = step === null ? undefined : steps[step]?.definition;
    const isManual = definition?.type === "WAIT" && definition.wait_for.type === "MANUAL";
    return phase.kind === "waiting" && isManual ? [id] : [];
  });

/** Lanes with an effect that a person may settle. */
export const unknownLanes = ({ lanes, compensation }: RunState): readonly string[] => [
  ...Object.values(lanes).flatMap(({ id, phase }) => (phase.kind === "unknown" ? [id] : [])),
  ...(compensation?.phase.kind === "unknown" ? [COMPENSATION] : []),
];
