/** A path with those of its parameters that are there. */
export function pathWith(path: string, asked: { readonly [name: string]: string | undefined }): string {
  const given = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}
