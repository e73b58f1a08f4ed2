import { accepted, type Result, rejected } from "./result.ts";

/** A state machine as data: the moves that are legal, by the state they leave and the signal that makes them. */
export interface Machine<S extends string> {
  /** What it is a machine of, as messages say it. */
  readonly name: string;
  /** Raised when the table changes, so that what was recorded can be judged by its own table. */
  readonly version: string;
  readonly moves: { readonly [from in S]: { readonly [signal: string]: S } };
}

/** A machine whose signals are the states they lead to. */
export function statusMachine<S extends string>(
  { name, version }: { readonly name: string; readonly version: string },
  table: { readonly [from in S]: readonly S[] },
): Machine<S> {
  const entries = Object.entries<readonly S[]>(table).map(([from, to]) => [
    from,
    Object.fromEntries(to.map((one) => [one, one])),
  ]);
  return { name, version, moves: Object.fromEntries(entries) };
}

/**
 * The state that a signal leads to. Refused: STATE_TRANSITION_ILLEGAL, with the move in `details.reason_code`; nothing has
 * changed then. States and signals that the machine does not know are refused like moves that it does not have.
 */
export function transitionOf<S extends string>({ name, moves }: Machine<S>, from: string, signal: string): Result<S> {
  const signals: { readonly [signal: string]: S } = isStateOf(moves, from) ? moves[from] : {};
  const to = Object.hasOwn(signals, signal) ? signals[signal] : undefined;
  if (to !== undefined) return accepted(to);
  const reason_code = `STATE.INVALID_TRANSITION.${token(from)}.${token(signal)}`;
  return rejected({
    code: "STATE_TRANSITION_ILLEGAL",
    message: `${name} that is ${from} takes no \`${signal}\``,
    details: { reason_code, from, signal },
  });
}

/** States that nothing leaves. */
export const terminalStates = <S extends string>({ moves }: Machine<S>): readonly string[] =>
  Object.keys(moves).filter((state) => isStateOf(moves, state) && Object.keys(moves[state]).length === 0);

const isStateOf = <S extends string>(moves: Machine<S>["moves"], state: string): state is S =>
  Object.hasOwn(moves, state);

const token = (text: string): string => text.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_");
