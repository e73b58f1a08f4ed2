/** Bars that would lie within one of these are told as one by the server. */
export const DOTS = 250;

/** What the screen of a run is made of; its transcript, which comes in pages, besides. What is dear to answer comes last. */
export const runReads = (id: string) =>
  ({
    run: `/v1/runs/${id}`,
    workflow: `/v1/runs/${id}/workflow`,
    timeline: `/v1/runs/${id}/timeline?dots=${DOTS}`,
  }) as const;

/** Events of the first page of a transcript: as many as the first look takes in, and a little more. */
const FIRST_PAGE = 50;
const PAGE = 200;

/** A page of a run's transcript: its events after one of them; 0 for the first page. */
export const transcriptPath = (id: string, after: unknown): string =>
  `/v1/runs/${id}/events?after=${after}&limit=${after === 0 ? FIRST_PAGE : PAGE}`;

/** Under which the pages of a transcript are held; not under the tenant's name, since no page is ever read again. */
export const transcriptKey = (tenant: string, id: string) => ["transcript", tenant, id] as const;
