import { Button, useAnnounce } from "@fluentui/react-components";
import { CheckmarkRegular, CopyRegular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";

interface Props {
  text: string;
  /** What is copied, as part of a sentence: “the redirect URI”. */
  what: string;
}

const SHOWN = 2_000;

export function CopyButton({ text, what }: Props) {
  const [said, setSaid] = useState<string | null>(null);
  const { announce } = useAnnounce();

  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => {
      setSaid(null);
    }, SHOWN);
    return () => {
      clearTimeout(timer);
    };
  }, [said]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
      announce(`Copied ${what}.`, { polite: true });
    } catch {
      // The browser can refuse, by policy or outside of https.
      setSaid("Not copied");
      announce(`Your browser did not allow copying ${what}. Select it and copy it by hand.`);
    }
  };

  return (
    <Button
      size="small"
      icon={said === "Copied" ? <CheckmarkRegular /> : <CopyRegular />}
      aria-label={`Copy ${what}`}
      onClick={() => void copy()}
    >
      {said ?? "Copy"}
    </Button>
  );
}
