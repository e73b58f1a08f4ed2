import { writeFile } from "node:fs/promises";
import { configReference } from "./configuration-reference.ts";

/** Prints `docs/reference/configuration.md` from the options' table; a test compares the two. */
await writeFile(new URL("../../docs/reference/configuration.md", import.meta.url), configReference());
