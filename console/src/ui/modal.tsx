import { type ReactNode, useEffect, useRef } from "react";

interface ModalProps {
  readonly title: string;
  readonly className?: string;
  /** Called when Escape was pressed. */
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog, open for as long as it is drawn; everything behind it rests. */
export function Modal({ title, className, onClose, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className={className} aria-label={title} onClose={onClose}>
      {children}
    </dialog>
  );
}
