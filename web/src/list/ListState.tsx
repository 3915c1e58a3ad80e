import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  tokens,
} from "@fluentui/react-components";
import { navigate, type Route } from "../app/route";
import type { Configs } from "./useConfigs";

const useStyles = makeStyles({
  empty: {
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    gap: tokens.spacingVerticalM,
    paddingBlock: tokens.spacingVerticalXXXL,
    textAlign: "center",
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase500 },
  text: { margin: 0 },
});

interface Props {
  route: Route;
  configs: Configs;
  mayManage: boolean;
}

function Empty({ route, mayManage }: Omit<Props, "configs">) {
  const styles = useStyles();
  if (route.cursors.length > 1) {
    return <p className={styles.empty}>There is nothing on this page any more.</p>;
  }
  if (route.search || route.authType || route.status) {
    return (
      <div className={styles.empty}>
        <h2 className={styles.title}>Nothing matches</h2>
        <Button
          onClick={() => {
            navigate({ search: "", authType: "", status: "", cursors: [null] });
          }}
        >
          Clear search and filters
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.empty}>
      <h2 className={styles.title}>No mailbox yet</h2>
      <p className={styles.text}>
        {mayManage
          ? "Choose Add to send mail from your own mailbox instead of the platform's address."
          : "Nobody has added a mailbox to your organization yet."}
      </p>
    </div>
  );
}

/** What stands where the table would be: still loading, failed, or nothing to show. */
export function ListState({ route, configs, mayManage }: Props) {
  const { listing, failure, loading, reload } = configs;
  return (
    <>
      {failure !== null && !loading && (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>
            <MessageBarTitle>The list could not be loaded</MessageBarTitle>
            {failure}
          </MessageBarBody>
          <MessageBarActions>
            <Button onClick={reload}>Try again</Button>
          </MessageBarActions>
        </MessageBar>
      )}
      {!listing && loading && <Spinner label="Loading mailboxes…" />}
      {listing?.ids.length === 0 && !loading && <Empty route={route} mayManage={mayManage} />}
    </>
  );
}
