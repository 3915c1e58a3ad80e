import { useEffect, useRef } from "react";
import { fragmentOf } from "../signature/html";

/** The signature as it looks; the service has sanitized it. Pictures are not fetched from here. */
export function SignaturePreview({ html }: { html: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const fragment = fragmentOf(html);
    for (const link of fragment.querySelectorAll("a")) link.target = "_blank";
    place.current?.replaceChildren(fragment);
  }, [html]);
  return <div ref={place} />;
}
