/** Bars that would lie within one of these are told as one by the server. */
export const DOTS = 250;

/** What the screen of a run is made of; its transcript, which comes in pages, besides. */
export const runReads = (id: string) =>
  ({
    run: `/v1/runs/${id}`,
    timeline: `/v1/runs/${id}/timeline?dots=${DOTS}`,
    workflow: `/v1/runs/${id}/workflow`,
  }) as const;
