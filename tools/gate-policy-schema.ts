import { writeFile } from "node:fs/promises";
import { policySchema } from "../src/gate/index.ts";

/** Prints the schema of gate policies, `docs/reference/gate-policy.schema.json`; a test compares the two. */
const text = `${JSON.stringify(policySchema(), null, 2)}\n`;
await writeFile(new URL("../../docs/reference/gate-policy.schema.json", import.meta.url), text);
