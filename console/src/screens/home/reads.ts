/** What the home screen is made of. */
export const HOME_READS = {
  overview: "/v1/overview",
  environments: "/v1/environments",
  evaluations: "/v1/gates/evaluations?limit=50",
} as const;
