import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { ChevronLeftRegular, ChevronRightRegular } from "@fluentui/react-icons";
import { navigate, type Route } from "../app/route";
import type { Listing } from "./useConfigs";

const PAGE_SIZE = 20;

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    justifyContent: "space-between",
    gap: tokens.spacingHorizontalS,
    marginBlock: tokens.spacingVerticalM,
  },
  // On a phone the buttons have a line of their own, or the last would stand alone in a third.
  total: { flexGrow: 1, "@media (max-width: 480px)": { flexBasis: "100%" } },
});

export function Pager({ route, listing }: { route: Route; listing: Listing }) {
  const styles = useStyles();
  const { cursors } = route;
  const pages = Math.max(1, Math.ceil(listing.total / PAGE_SIZE), cursors.length);
  const { next } = listing;
  return (
    <nav className={styles.root} aria-label="Pages">
      <Text className={styles.total}>Total {listing.total}</Text>
      <Button
        icon={<ChevronLeftRegular />}
        disabledFocusable={cursors.length < 2}
        onClick={() => {
          navigate({ cursors: cursors.slice(0, -1) });
        }}
      >
        Previous
      </Button>
      <Text>
        Page {cursors.length} of {pages}
      </Text>
      <Button
        icon={<ChevronRightRegular />}
        iconPosition="after"
        disabledFocusable={next === null}
        onClick={() => {
          navigate({ cursors: [...cursors, next] });
        }}
      >
        Next
      </Button>
    </nav>
  );
}
