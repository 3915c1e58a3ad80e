import { Button, Input, makeStyles, Text, ToggleButton, tokens } from "@fluentui/react-components";
import {
  LinkRegular,
  TextBoldRegular,
  TextBulletListRegular,
  TextClearFormattingRegular,
  TextItalicRegular,
  TextNumberListLtrRegular,
  TextUnderlineRegular,
} from "@fluentui/react-icons";
import { type Editor as Tiptap, EditorContent, useEditor, useEditorState } from "@tiptap/react";
import { type ReactElement, useEffect, useState } from "react";
import { inputId } from "../form/useForm";
import { LONGEST_SIGNATURE } from "../form/validate";
import { extensions } from "./extensions";
import "./editor.css";
import { addressOf } from "./links";
import { documentOf, Paste } from "./parsing";
import { countWords } from "./words";

const useStyles = makeStyles({
  root: {
    border: `1px solid ${tokens.colorNeutralStrokeAccessible}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    ":focus-within": { boxShadow: `inset 0 -2px ${tokens.colorCompoundBrandStroke}` },
  },
  tools: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalXXS,
    padding: tokens.spacingHorizontalXXS,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  link: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalS,
    padding: tokens.spacingHorizontalS,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  address: { flexGrow: 1, minWidth: "160px" },
  count: {
    display: "block",
    padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
    color: tokens.colorNeutralForeground2,
  },
});

const NO_STATE = {
  bold: false,
  italic: false,
  underline: false,
  link: false,
  bulletList: false,
  orderedList: false,
  words: 0,
};

function stateOf({ editor }: { editor: Tiptap | null }) {
  if (!editor) return NO_STATE;
  return {
    bold: editor.isActive("bold"),
    italic: editor.isActive("italic"),
    underline: editor.isActive("underline"),
    link: editor.isActive("link"),
    bulletList: editor.isActive("bulletList"),
    orderedList: editor.isActive("orderedList"),
    words: countWords(editor.getText({ blockSeparator: "\n" })),
  };
}

interface ToolProps {
  name: string;
  icon: ReactElement;
  on: boolean;
  act: () => void;
}

function Tool({ name, icon, on, act }: ToolProps) {
  return (
    <ToggleButton
      size="small"
      appearance="subtle"
      icon={icon}
      checked={on}
      aria-label={name}
      title={name}
      onClick={act}
    />
  );
}

function LinkForm({ editor, onDone }: { editor: Tiptap; onDone: () => void }) {
  const styles = useStyles();
  const current = editor.getAttributes("link")["href"] as string | undefined;
  const [typed, setTyped] = useState(current ?? "");
  useEffect(() => {
    document.getElementById("signature-link")?.focus();
  }, []);
  const address = addressOf(typed);
  const apply = () => {
    const chain = editor.chain().focus().extendMarkRange("link");
    if (address === null) return;
    if (editor.state.selection.empty && !current) {
      chain.insertContent({ type: "text", text: typed.trim(), marks: [{ type: "link", attrs: { href: address } }] }).run();
    } else {
      chain.setLink({ href: address }).run();
    }
    onDone();
  };
  return (
    <div className={styles.link} role="group" aria-label="Link">
      <Input
        id="signature-link"
        size="small"
        className={styles.address}
        aria-label="Address of the link"
        placeholder="https://… or name@example.com"
        value={typed}
        onChange={(_, { value }) => {
          setTyped(value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            onDone();
          } else if (event.key === "Enter") {
            event.preventDefault();
            apply();
          }
        }}
      />
      <Button size="small" appearance="primary" disabled={address === null} onClick={apply}>
        Set link
      </Button>
      {current && (
        <Button
          size="small"
          onClick={() => {
            editor.chain().focus().extendMarkRange("link").unsetLink().run();
            onDone();
          }}
        >
          Remove link
        </Button>
      )}
    </div>
  );
}

function Tools({ editor, onLink }: { editor: Tiptap; onLink: () => void }) {
  const styles = useStyles();
  const on = useEditorState({ editor, selector: stateOf });
  const run = (act: (chain: ReturnType<Tiptap["chain"]>) => { run: () => boolean }) => () => {
    act(editor.chain().focus()).run();
  };
  return (
    <div className={styles.tools} role="group" aria-label="Formatting">
      <Tool name="Bold" icon={<TextBoldRegular />} on={on.bold} act={run((it) => it.toggleBold())} />
      <Tool
        name="Italic"
        icon={<TextItalicRegular />}
        on={on.italic}
        act={run((it) => it.toggleItalic())}
      />
      <Tool
        name="Underline"
        icon={<TextUnderlineRegular />}
        on={on.underline}
        act={run((it) => it.toggleUnderline())}
      />
      <Tool name="Link" icon={<LinkRegular />} on={on.link} act={onLink} />
      <Tool
        name="Bulleted list"
        icon={<TextBulletListRegular />}
        on={on.bulletList}
        act={run((it) => it.toggleBulletList())}
      />
      <Tool
        name="Numbered list"
        icon={<TextNumberListLtrRegular />}
        on={on.orderedList}
        act={run((it) => it.toggleOrderedList())}
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<TextClearFormattingRegular />}
        aria-label="Clear formatting"
        title="Clear formatting"
        onClick={run((it) => it.unsetAllMarks().clearNodes())}
      />
    </div>
  );
}

const EXTENSIONS = [...extensions, Paste];

interface Props {
  value: string;
  labelledBy: string;
  onChange: (html: string) => void;
}

export default function Editor({ value, labelledBy, onChange }: Props) {
  const styles = useStyles();
  const [linking, setLinking] = useState(false);
  const editor = useEditor({
    extensions: EXTENSIONS,
    content: documentOf(value),
    // Its style element would need a nonce; editor.css says the same.
    injectCSS: false,
    editorProps: {
      attributes: {
        id: inputId("signature"),
        role: "textbox",
        "aria-multiline": "true",
        "aria-labelledby": labelledBy,
        class: "signature-editor",
      },
    },
    onUpdate: ({ editor: changed }) => {
      onChange(changed.isEmpty ? "" : changed.getHTML());
    },
  });
  const { words } = useEditorState({ editor, selector: stateOf });
  return (
    <div className={styles.root}>
      <Tools
        editor={editor}
        onLink={() => {
          setLinking(!linking);
        }}
      />
      {linking && (
        <LinkForm
          editor={editor}
          onDone={() => {
            setLinking(false);
          }}
        />
      )}
      <EditorContent editor={editor} />
      <Text size={200} className={styles.count}>
        {words === 1 ? "1 word" : `${words} words`}
        {value.length > LONGEST_SIGNATURE * 0.9 && ` · ${value.length} of ${LONGEST_SIGNATURE} characters`}
      </Text>
    </div>
  );
}
