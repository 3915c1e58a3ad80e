import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { ChevronDownRegular } from "@fluentui/react-icons";
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from "react";

export interface MenuEntry {
  name: string;
  act: () => void;
}

interface Props {
  id: string;
  name: string;
  icon: ReactElement;
  disabled: boolean;
  entries: readonly MenuEntry[];
}

const useStyles = makeStyles({
  root: { position: "relative" },
  chevron: { marginInlineStart: tokens.spacingHorizontalXS },
  menu: {
    position: "absolute",
    insetInlineEnd: 0,
    top: "calc(100% + 4px)",
    zIndex: 1,
    minWidth: "140px",
    padding: tokens.spacingVerticalXS,
    display: "flex",
    flexDirection: "column",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow16,
    border: `1px solid ${tokens.colorTransparentStroke}`,
  },
  entry: { justifyContent: "flex-start" },
});

const STEPS: Record<string, (index: number, count: number) => number> = {
  ArrowDown: (index, count) => (index + 1) % count,
  ArrowUp: (index, count) => (index - 1 + count) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Closes on a click elsewhere, or when the focus moves on. */
function useCloseOutside(isOpen: boolean, close: () => void) {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const onElsewhere = ({ target }: Event) => {
      if (!root.current?.contains(target as Node)) close();
    };
    document.addEventListener("pointerdown", onElsewhere);
    document.addEventListener("focusin", onElsewhere);
    return () => {
      document.removeEventListener("pointerdown", onElsewhere);
      document.removeEventListener("focusin", onElsewhere);
    };
  }, [isOpen, close]);
  return root;
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const index = items.indexOf(document.activeElement as HTMLElement);
  items[step(index, items.length)]?.focus();
}

/** A button with a menu (WAI-ARIA's pattern). Fluent's own leaves elements that axe objects to. */
export function DropDownMenu({ id, name, icon, disabled, entries }: Props) {
  const styles = useStyles();
  const [isOpen, setOpen] = useState(false);
  const [close] = useState(() => () => {
    setOpen(false);
  });
  const root = useCloseOutside(isOpen, close);
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isOpen) menu.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  }, [isOpen]);
  const leave = () => {
    close();
    document.getElementById(id)?.focus();
  };
  return (
    <div ref={root} className={styles.root}>
      <Button
        id={id}
        appearance="primary"
        icon={icon}
        disabled={disabled}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => {
          setOpen(!isOpen);
        }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {name}
        <ChevronDownRegular aria-hidden className={styles.chevron} />
      </Button>
      {isOpen && (
        <div
          ref={menu}
          role="menu"
          tabIndex={-1}
          aria-labelledby={id}
          className={styles.menu}
          onKeyDown={(event) => {
            if (event.key === "Escape") leave();
            else moveFocus(event);
          }}
        >
          {entries.map((entry) => (
            <Button
              key={entry.name}
              role="menuitem"
              tabIndex={-1}
              appearance="subtle"
              className={styles.entry}
              onClick={() => {
                leave();
                entry.act();
              }}
            >
              {entry.name}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
