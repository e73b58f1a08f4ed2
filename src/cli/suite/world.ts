import type { JsonObject } from "../../contracts/index.ts";
import type { Tool } from "../../guard/index.ts";
import type { GoldenCase } from "../../release/index.ts";
import type { DemoClient } from "../demo/client.ts";

/** What the tools of a pack reach while its golden cases are played. Cases are played one at a time. */
export interface SuiteWorld {
  /** The handlers of the pack's tools. */
  readonly tools: readonly Tool[];
  /** Connects a new tenant to what its tools reach. */
  furnish(tenant: WorldTenant): Promise<void>;
  /**
   * Arranges what a case says of the world, before its run starts. Gives what paths of the case mean beside `$.input`, such as
   * `$.order.order_id`.
   *
   * @param start what the run begins with, its variation chosen
   */
  arrange(one: GoldenCase, start: JsonObject, stage: WorldStage): Promise<JsonObject>;
  /** Everything that was to reach the runtime from outside has. */
  settled(): Promise<Settled>;
  close(): Promise<void>;
}

/** What the world saw of a run. */
export interface Settled {
  readonly modelCalls: number;
  /** In what it was asked otherwise than the case has it. */
  readonly strayed: readonly string[];
}

export const NOTHING_SEEN: Settled = { modelCalls: 0, strayed: [] };

export interface WorldTenant {
  readonly tenantId: string;
  /** Where the runtime receives webhooks. */
  readonly origin: string;
}

export interface WorldStage {
  readonly tenantId: string;
  readonly operator: DemoClient;
}
