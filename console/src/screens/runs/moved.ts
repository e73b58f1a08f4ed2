/** A list of which single rows are read again. */
interface List {
  /** Whether pages of it are on their way: they would overwrite what is put between its rows meanwhile. */
  isComing(): boolean;
  /** Reads these rows again; gives what puts them where they belong in the list of that moment. */
  read(ids: readonly string[]): Promise<() => void>;
}

const GATHER_MS = 250;

/** Has what moved read again: gathered, one reading at a time so that the newest is put last, and after pages that come. */
export function rereader(list: List): { readonly hear: (ids: readonly string[]) => void; readonly stop: () => void } {
  const moved = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const settle = async (): Promise<void> => {
    if (!list.isComing()) {
      const ids = [...moved];
      moved.clear();
      const put = await list.read(ids);
      if (list.isComing()) for (const id of ids) moved.add(id);
      else put();
    }
    timer = moved.size > 0 && !isOver ? setTimeout(() => void settle(), GATHER_MS) : undefined;
  };
  return {
    hear(ids) {
      for (const id of ids) moved.add(id);
      timer ??= setTimeout(() => void settle(), GATHER_MS);
    },
    stop() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
