import type { Instant } from "../contracts/index.ts";
import type { Answer } from "./simulated-process.ts";

/** A lease that a worker was told it still has. */
export interface Kept {
  readonly run: string;
  readonly worker: string;
}

/** What the database's answers to workers tell, whatever becomes of who asked. */
export class Answers {
  #refusedWrites = 0;
  #lostRaces = 0;
  #takenAt: Instant | null = null;
  #kept: Kept[] = [];

  /** Commits that were fenced off. */
  get refusedWrites(): number {
    return this.#refusedWrites;
  }

  /** Looks for due runs that found nothing, and were under way when another worker took over what a lost one had held. */
  get lostRaces(): number {
    return this.#lostRaces;
  }

  /** The leases kept since this was last asked. */
  takeKept(): readonly Kept[] {
    return this.#kept.splice(0);
  }

  /** True where the answer is a run that was taken over. */
  hear({ by, what, askedAt, answeredAt, value }: Answer): boolean {
    const rows: readonly Row[] = Array.isArray(value) ? value : [];
    if (rows.some(({ fenced }) => Array.isArray(fenced))) this.#refusedWrites += 1;
    if (what.includes("renew_leases"))
      this.#kept.push(...rows.flatMap(({ id }) => (id === undefined ? [] : [{ run: id, worker: by }])));
    return what.includes("claim_due") && this.#claim(rows, { askedAt, answeredAt });
  }

  #claim(rows: readonly Row[], { askedAt, answeredAt }: Pick<Answer, "askedAt" | "answeredAt">): boolean {
    const isTakeover = rows.some(({ previous_worker: worker }) => typeof worker === "string");
    if (isTakeover) this.#takenAt = answeredAt;
    else if (rows.length === 0 && this.#takenAt !== null && askedAt <= this.#takenAt) this.#lostRaces += 1;
    return isTakeover;
  }
}

/** Members of rows that say something here. */
interface Row {
  readonly fenced?: unknown;
  readonly previous_worker?: string | null;
  readonly id?: string;
}
