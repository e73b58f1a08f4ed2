import { writeFile } from "node:fs/promises";
import { openApiDocument } from "../src/api/index.ts";

/** Prints the HTTP API's reference, `docs/reference/openapi.json`, from its schemas; a test compares the two. */
const text = `${JSON.stringify(openApiDocument(), null, 2)}\n`;
await writeFile(new URL("../../docs/reference/openapi.json", import.meta.url), text);
