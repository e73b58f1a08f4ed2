import { type ReactNode, useEffect, useRef, useState } from "react";

/** How far below the screen something may be and is made ready already. */
const AHEAD = "300px";

interface SeenProps {
  readonly name: string;
  /** Whether all that stands above has come: before that, what stands far below is in sight. */
  readonly isPlaced: boolean;
  readonly children: ReactNode;
}

/** What is dear to read and stands further down: made when it is scrolled to. Until then its name stands in its place. */
export function WhenSeen({ name, isPlaced, children }: SeenProps) {
  const place = useRef<HTMLElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null || !isPlaced) return;
    const watch = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: AHEAD },
    );
    watch.observe(place.current);
    return () => watch.disconnect();
  }, [isPlaced]);
  return isSeen ? (
    children
  ) : (
    <section ref={place}>
      <h2>{name}</h2>
      <p className="soft">not read yet</p>
    </section>
  );
}
