/** How HTML gets into the editor: what is stored, and what is pasted. */

import { getSchema } from "@tiptap/core";
import { DOMParser, type ParseOptions } from "@tiptap/pm/model";
import { extensions } from "./extensions";
import { fragmentOf, restoreStyles } from "./html";

class StyledParser extends DOMParser {
  override parseSlice(dom: Node, options?: ParseOptions) {
    restoreStyles(dom as Element);
    return super.parseSlice(dom, options);
  }
}

const schema = getSchema(extensions);
const stored = DOMParser.fromSchema(schema);

/** For what is pasted after `withoutStyles`. */
export const pasted = new StyledParser(schema, stored.rules);

/** The document that a stored signature is. */
export function documentOf(html: string): Record<string, unknown> {
  const holder = document.createElement("div");
  holder.append(fragmentOf(html));
  return stored.parse(holder).toJSON() as Record<string, unknown>;
}
