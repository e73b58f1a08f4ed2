/** An amount in minor units (cents) of an ISO 4217 currency, upper case. */
export interface Money {
  readonly minor: bigint;
  readonly currency: string;
}
