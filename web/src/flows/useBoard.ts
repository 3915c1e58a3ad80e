import { useAnnounce } from "@fluentui/react-components";
import { useEffect, useState, useSyncExternalStore } from "react";
import { checkNow, getConfig } from "../api/configs";
import type { Config } from "../api/types";
import { sessionEnded } from "../app/sessionEnd";
import { Board, type Snapshot } from "./board";
import { listen, surroundings } from "./browser";

/** The page's one board. `seen` and `gone` must stay the same functions. */
export function useBoard(
  seen: (config: Config) => void,
  gone: (id: string) => void,
): [Board, Snapshot] {
  const { announce } = useAnnounce();
  const [board] = useState(
    () =>
      new Board({
        ...surroundings,
        read: async (id) => (await getConfig(id)).data,
        checkNow,
        seen,
        gone,
        signedOut: sessionEnded,
        announce: ({ ok, text }) => {
          announce(text, { alert: !ok, polite: ok });
        },
      }),
  );
  useEffect(() => listen((message) => void board.heard(message)), [board]);
  return [board, useSyncExternalStore(board.subscribe, board.current)];
}
