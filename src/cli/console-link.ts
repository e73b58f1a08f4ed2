import { isJsonObject, parseJson } from "../contracts/index.ts";
import { textOf } from "./document.ts";
import { readKey } from "./key-file.ts";

/** What answers requests at an origin: the app of this process. */
interface Served {
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** A link by which the owner's browser signs in at a server of this process; null where there is no key to make one with. */
export async function ownerLink({ fetch }: Served, directory: string, origin: string): Promise<string | null> {
  const key = await readKey(directory, "owner");
  if (!key.ok) return null;
  const headers = { authorization: `Bearer ${key.value}`, "content-type": "application/json" };
  const made = await fetch(new Request(`${origin}/v1/sign-in-codes`, { method: "POST", headers, body: "{}" }));
  const body = parseJson(await made.text());
  return made.ok && body.ok && isJsonObject(body.value) ? `${origin}${textOf(body.value, "path")}` : null;
}
