/** One code of the table. */
export interface CodeEntry {
  /** HTTP status of a refusal with this code. */
  readonly status: number;
  readonly meaning: string;
  readonly remedy: string;
  /** Other spellings found in the programmes' documents. */
  readonly aliases?: readonly string[];
}

export const entry = (status: number, meaning: string, remedy: string, aliases: readonly string[] = []): CodeEntry => ({
  status,
  meaning,
  remedy,
  ...(aliases.length === 0 ? {} : { aliases }),
});
