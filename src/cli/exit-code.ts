/** What a process ends with. Scripts rely on these numbers: they are API. */
export const EXIT = {
  done: 0,
  internal: 1,
  misuse: 2,
  noGo: 4,
  noGoForEvidence: 5,
  waitingForApproval: 6,
  denied: 7,
  notVerified: 8,
  conflict: 9,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
