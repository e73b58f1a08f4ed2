/** A postal address as it passes from one provider to another inside a handler; it never enters state. */
export interface Address {
  readonly line1: string;
  readonly line2: string | null;
  readonly city: string;
  /** State or province code, where the country has them. */
  readonly state: string | null;
  readonly postalCode: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}
