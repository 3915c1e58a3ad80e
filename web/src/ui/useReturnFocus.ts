/** Keyboards stay where they were: a dialog gives the focus back to what opened it. */

import { useEffect, useRef, useState } from "react";

function land(opener: Element | null, fallback: string): void {
  if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) {
    opener.focus();
  }
  const focused = document.activeElement;
  // What opened it may be gone, as the button of a deleted row is.
  if (!focused || focused === document.body) document.getElementById(fallback)?.focus();
}

/** Call it in a component that lives as long as the dialog does. */
export function useReturnFocus(fallback = "page-title"): void {
  // Read while rendering: once the dialog is there, it has the focus.
  const [opener] = useState(() => document.activeElement);
  const open = useRef(false);
  useEffect(() => {
    open.current = true;
    return () => {
      open.current = false;
      // After the dialog has left the document and let go of the focus.
      setTimeout(() => {
        if (!open.current) land(opener, fallback);
      }, 0);
    };
  }, [opener, fallback]);
}
