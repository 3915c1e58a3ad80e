/** What a signature may hold: what the service lets through when it sanitizes one. */

import { Image } from "@tiptap/extension-image";
import { Table, TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
import { BackgroundColor, Color, FontFamily, FontSize, TextStyle } from "@tiptap/extension-text-style";
import { StarterKit } from "@tiptap/starter-kit";
import { BulletList, ListItem, OrderedList } from "@tiptap/extension-list";

// Tab leaves the editor, as it leaves every field: a list or a table must not hold a keyboard.
const FreeListItem = ListItem.extend({
  addKeyboardShortcuts() {
    return { Enter: () => this.editor.commands.splitListItem(this.name) };
  },
});
const FreeTable = Table.extend({
  addKeyboardShortcuts() {
    return {};
  },
});

export const extensions = [
  StarterKit.configure({
    code: false,
    codeBlock: false,
    strike: false,
    trailingNode: false,
    bulletList: false,
    orderedList: false,
    listItem: false,
    link: {
      openOnClick: false,
      autolink: true,
      defaultProtocol: "https",
      // The service adds rel itself; a target would be taken away.
      HTMLAttributes: { target: null, rel: null },
    },
  }),
  BulletList,
  OrderedList,
  FreeListItem,
  // Nested spans are merged where styles are restored (html.ts).
  TextStyle.configure({ mergeNestedSpanStyles: false }),
  Color,
  BackgroundColor,
  FontFamily,
  FontSize,
  Image.configure({ inline: true, allowBase64: true }),
  FreeTable,
  TableRow,
  TableHeader,
  TableCell,
];
