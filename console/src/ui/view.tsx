import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { ApiError } from "../api/client.ts";

interface ViewProps<T> {
  readonly query: UseQueryResult<T, ApiError>;
  /** Whether there is nothing to show, and what would fill it. */
  readonly empty?: { readonly when: (data: T) => boolean; readonly says: string; readonly command: string };
  readonly children: (data: T) => ReactNode;
}

/** A document in each of its states: loading, refused, empty, there. What was there stays while it is read anew. */
export function View<T>({ query, empty, children }: ViewProps<T>) {
  if (query.data === undefined) {
    return query.error === null ? <p className="soft loading">reading …</p> : <Problem error={query.error} />;
  }
  const isEmpty = empty?.when(query.data) === true;
  return (
    <>
      {query.error === null ? null : <Problem error={query.error} />}
      {isEmpty ? <Empty says={empty.says} command={empty.command} /> : children(query.data)}
    </>
  );
}

/** A refusal: what happened, its code, and what helps. */
export const Problem = ({ error }: { readonly error: ApiError }) => (
  <div className="problem" role="alert">
    <p>
      <strong>{error.message}</strong>
    </p>
    <p>
      <code>{error.code}</code> · {error.remedy}
    </p>
  </div>
);

export const Empty = ({ says, command }: { readonly says: string; readonly command: string }) => (
  <div className="empty">
    <p>{says}</p>
    <pre>
      <code>{command}</code>
    </pre>
  </div>
);
