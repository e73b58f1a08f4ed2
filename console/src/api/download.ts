import { ApiError, reach } from "./client.ts";

/** Offers text as a file. */
export function saveText(text: string, name: string, type: string): void {
  save(new Blob([text], { type }), name);
}

/** Offers an answer of any length as a file, telling how many bytes came so far. Throws `ApiError`; then nothing is saved. */
export async function saveAnswer(
  { tenant, path, name }: { readonly tenant: string; readonly path: string; readonly name: string },
  tell: (bytes: number) => void,
): Promise<void> {
  const { body } = await reach(tenant, path);
  let bytes = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      tell(bytes);
      controller.enqueue(chunk);
    },
  });
  const whole = new Response(body?.pipeThrough(counting) ?? null).blob();
  save(await whole.catch(brokeOff), name);
}

/** What does not come to its end is no export. */
function brokeOff(): never {
  throw new ApiError({ code: "UNREACHABLE", detail: "the export broke off", remedy: "ask for it again" }, 0);
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
