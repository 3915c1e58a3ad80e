import { useEffect, useRef } from "react";
import { fragmentOf } from "../signature/html";

/** The signature as it looks; the service has sanitized it. Pictures are not fetched from here. */
export function SignaturePreview({ html }: { html: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.replaceChildren(fragmentOf(html));
  }, [html]);
  return <div ref={place} />;
}
