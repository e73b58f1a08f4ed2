import { type ReactNode, useEffect, useRef, useState } from "react";

/** How far below the screen something may be and is made ready already. */
const AHEAD = "300px";

/** What is dear to read and stands further down: made when it is scrolled to. Until then its name stands in its place. */
export function WhenSeen({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  const place = useRef<HTMLElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const watch = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: AHEAD },
    );
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return isSeen ? (
    children
  ) : (
    <section ref={place}>
      <h2>{name}</h2>
      <p className="soft">not read yet</p>
    </section>
  );
}
