/** Bars that would lie within one of these are told as one by the server. */
export const DOTS = 250;

/** What the screen of a run is made of; its transcript, which comes in pages, besides. What is dear to answer comes last. */
export const runReads = (id: string) =>
  ({
    run: `/v1/runs/${id}`,
    workflow: `/v1/runs/${id}/workflow`,
    timeline: `/v1/runs/${id}/timeline?dots=${DOTS}`,
  }) as const;
