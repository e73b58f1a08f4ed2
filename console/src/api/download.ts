import { ApiError } from "./client.ts";

/** Offers text as a file. */
export function saveText(text: string, name: string, type: string): void {
  save(new Blob([text], { type }), name);
}

/** Offers an answer of any length as a file, telling how many bytes came so far. Throws `ApiError`; then nothing is saved. */
export async function saveAnswer(
  tenant: string,
  path: string,
  name: string,
  tell: (bytes: number) => void,
): Promise<void> {
  const response = await asked(tenant, path);
  if (!response.ok || response.body === null) throw new ApiError(await response.json(), response.status);
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        tell(bytes);
        controller.enqueue(chunk);
      },
    }),
  );
  save(await wholeOf(counted), name);
}

/** What does not come to its end is no export. */
async function wholeOf(body: ReadableStream<Uint8Array>): Promise<Blob> {
  try {
    return await new Response(body).blob();
  } catch {
    throw new ApiError({ code: "UNREACHABLE", detail: "the export broke off", remedy: "ask for it again" }, 0);
  }
}

async function asked(tenant: string, path: string): Promise<Response> {
  try {
    return await fetch(path, { headers: { "console-tenant": tenant } });
  } catch {
    throw new ApiError({ code: "UNREACHABLE", detail: "the server cannot be reached", remedy: "is it running?" }, 0);
  }
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
