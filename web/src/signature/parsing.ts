/** How HTML gets into the editor: what is stored, and what is pasted. */

import { Extension, getSchema } from "@tiptap/core";
import { DOMParser, type ParseOptions } from "@tiptap/pm/model";
import { Plugin } from "@tiptap/pm/state";
import { extensions } from "./extensions";
import { fragmentOf, harmless, restoreStyles } from "./html";

const REACHABLE = /^(https:|data:image\/)/i;

/** Office programs point at files of the writer's own machine: nobody else can see those. */
function dropLocalPictures(root: ParentNode): void {
  for (const picture of root.querySelectorAll("img")) {
    if (!REACHABLE.test(picture.getAttribute("src") ?? "")) picture.remove();
  }
}

class StyledParser extends DOMParser {
  override parseSlice(dom: Node, options?: ParseOptions) {
    restoreStyles(dom as Element);
    dropLocalPictures(dom as Element);
    return super.parseSlice(dom, options);
  }
}

const stored = DOMParser.fromSchema(getSchema(extensions));

/** Takes pasted HTML in, with its looks. */
export const Paste = Extension.create({
  name: "pastedHtml",
  addProseMirrorPlugins() {
    // Nodes of any other schema, however alike, would be thrown away.
    const { schema } = this.editor;
    const clipboardParser = new StyledParser(schema, DOMParser.fromSchema(schema).rules);
    return [new Plugin({ props: { transformPastedHTML: harmless, clipboardParser } })];
  },
});

/** The document that a stored signature is. */
export function documentOf(html: string): Record<string, unknown> {
  const holder = document.createElement("div");
  holder.append(fragmentOf(html));
  return stored.parse(holder).toJSON() as Record<string, unknown>;
}
