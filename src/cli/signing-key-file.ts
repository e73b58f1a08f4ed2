import type { Result } from "../contracts/index.ts";
import { readSigningKey, type SigningKey } from "../release/index.ts";
import type { Context } from "./command.ts";
import { readText } from "./files.ts";

/** The private key in a file of `bundle keygen`. Refused as `readText` does, and with SIGNING_KEY_INVALID. */
export async function signingKeyIn(context: Context, path: string): Promise<Result<SigningKey>> {
  const pem = await readText(context, path);
  return pem.ok ? readSigningKey(pem.value) : pem;
}
