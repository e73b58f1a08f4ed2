import type { Query } from "../store/index.ts";

/** Has a statement, or a whole transaction, wait for its turn. */
export type Turn = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/**
 * A connection pool each statement of which waits for its turn. A transaction is one turn from its beginning to its end: what
 * it does is seen by nobody before, and no statement ever waits for another's lock.
 */
export const gatedQuery = (sql: Query, turn: Turn): Query =>
  new Proxy(sql, {
    apply: (target, self, args) => gatedStatement(Reflect.apply(target, self, args), args, turn),
    get: (target, name) =>
      name === "begin"
        ? (...asked: unknown[]) => turn("transaction", () => Reflect.apply(target.begin, target, asked))
        : Reflect.get(target, name),
  });

/** The driver sends a statement when somebody waits for it; parts of statements are never waited for, and stay what they are. */
function gatedStatement(statement: unknown, [strings]: readonly unknown[], turn: Turn): unknown {
  if (!(statement instanceof Promise)) return statement;
  const send = statement.then.bind(statement);
  let sent: Promise<unknown> | null = null;
  const waited = (): Promise<unknown> => {
    sent ??= turn(nameOf(strings), () => new Promise((resolve, reject) => void send(resolve, reject)));
    return sent;
  };
  return Object.defineProperties(statement, {
    // biome-ignore lint/suspicious/noThenProperty: the driver's statement has one already, and it sends at once
    then: { value: (ok?: () => unknown, no?: () => unknown) => waited().then(ok, no) },
    catch: { value: (no?: () => unknown) => waited().catch(no) },
    finally: { value: (done?: () => void) => waited().finally(done) },
  });
}

/** The first line of a statement that says something. */
const nameOf = (strings: unknown): string =>
  (Array.isArray(strings) ? strings.join("?") : "").trim().replaceAll(/\s+/g, " ").slice(0, 100);

/** Answers every statement with no rows, at once, without a database. */
export const silentQuery = (sql: Query): Query =>
  new Proxy(sql, { apply: () => Promise.resolve([]), get: (target, name) => Reflect.get(target, name) });
