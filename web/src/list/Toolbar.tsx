import {
  Button,
  makeStyles,
  SearchBox,
  Select,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, DeleteRegular } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";
import type { AuthType } from "../api/types";
import { navigate, type Route } from "../app/route";
import { DropDownMenu } from "../ui/DropDownMenu";

const TYPING_PAUSE = 300;

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginBlock: tokens.spacingVerticalM,
  },
  search: { flexGrow: 1, minWidth: "200px", maxWidth: "400px" },
  filter: { minWidth: "150px", flexGrow: 1, maxWidth: "220px" },
  actions: { display: "flex", gap: tokens.spacingHorizontalS, marginInlineStart: "auto" },
});

/** What is typed goes into the address after a pause, and comes back from it. */
function useSearch(route: Route): [string, (text: string) => void] {
  const [typed, setTyped] = useState(route.search);
  const [last, setLast] = useState(route.search);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (route.search !== last) {
    setLast(route.search);
    setTyped(route.search);
  }
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  const type = (text: string) => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setLast(text.trim());
      navigate({ search: text.trim(), cursors: [null] }, true);
    }, TYPING_PAUSE);
  };
  return [typed, type];
}

function Filters({ route }: { route: Route }) {
  const styles = useStyles();
  return (
    <>
      <Select
        className={styles.filter}
        aria-label="Filter by auth type"
        value={route.authType}
        onChange={(_, { value }) => {
          navigate({ authType: value, cursors: [null] });
        }}
      >
        <option value="">All auth types</option>
        <option value="basic">basic</option>
        <option value="oauth2.0">oauth2.0</option>
      </Select>
      <Select
        className={styles.filter}
        aria-label="Filter by status"
        value={route.status}
        onChange={(_, { value }) => {
          navigate({ status: value, cursors: [null] });
        }}
      >
        <option value="">All statuses</option>
        <option value="verified">Verified</option>
        <option value="notVerified">Not Verified</option>
      </Select>
    </>
  );
}

interface Props {
  route: Route;
  mayManage: boolean;
  selected: number;
  onAdd: (authType: AuthType) => void;
  onDelete: () => void;
}

export function Toolbar({ route, mayManage, selected, onAdd, onDelete }: Props) {
  const styles = useStyles();
  const [typed, type] = useSearch(route);
  return (
    <div className={styles.root} role="search" aria-label="Mailboxes">
      <SearchBox
        className={styles.search}
        aria-label="Search user name, host name or From address"
        placeholder="Search"
        maxLength={254}
        value={typed}
        onChange={(_, { value }) => {
          type(value);
        }}
      />
      <Filters route={route} />
      <div className={styles.actions}>
        <Button
          icon={<DeleteRegular />}
          disabled={!mayManage || selected === 0}
          onClick={onDelete}
        >
          {selected ? `Delete (${selected})` : "Delete"}
        </Button>
        <DropDownMenu
          id="add"
          name="Add"
          icon={<AddRegular />}
          disabled={!mayManage}
          entries={[
            {
              name: "Basic",
              act: () => {
                onAdd("basic");
              },
            },
            {
              name: "OAuth2",
              act: () => {
                onAdd("oauth2.0");
              },
            },
          ]}
        />
      </div>
    </div>
  );
}
