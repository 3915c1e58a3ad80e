const KEPT = "data-kept-style";

/**
 * Sanitized HTML as nodes. The page's Content-Security-Policy turns style attributes down where
 * they are parsed; set one by one, through the object model, the same styles are allowed.
 */
export function fragmentOf(html: string): DocumentFragment {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const element of template.content.querySelectorAll("[style]")) {
    element.setAttribute(KEPT, element.getAttribute("style") ?? "");
    element.removeAttribute("style");
  }
  const fragment = document.importNode(template.content, true);
  for (const element of fragment.querySelectorAll<HTMLElement>(`[${KEPT}]`)) {
    element.style.cssText = element.getAttribute(KEPT) ?? "";
    element.removeAttribute(KEPT);
  }
  for (const link of fragment.querySelectorAll("a")) link.target = "_blank";
  return fragment;
}
