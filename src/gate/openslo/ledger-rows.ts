import type { PolicyText } from "../policy-shape.ts";

/** Units that the ledger is read as, with their columns: what metric sources of imported policies may ask. */
export const LEDGER_ROWS: PolicyText["rows"] = {
  run: {
    workflow: "string",
    pack: "string",
    pack_digest: "string",
    outcome: "string",
    code: "string?",
    ms: "integer",
    cost_micros: "integer",
  },
  receipt: { tool: "string", status: "string", run: "string" },
};

export const LEDGER_SOURCES: readonly string[] = ["runs", "receipts"];
