/** An id as it is told apart at a glance: by its end, which differs where ids are made one after the other. */
export const shortId = (id: string): string => (id.length > 22 ? `…${id.slice(-8)}` : id);
