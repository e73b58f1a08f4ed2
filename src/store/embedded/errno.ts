/** Whether a thrown value is the operating system's error of this name, such as `ENOENT`. */
export const isErrno = (thrown: unknown, name: string): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === name;
