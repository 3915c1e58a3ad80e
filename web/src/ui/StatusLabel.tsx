import { makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled, DismissCircleFilled } from "@fluentui/react-icons";
import type { Config } from "../api/types";

const useStyles = makeStyles({
  root: {
    display: "inline-flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    fontWeight: tokens.fontWeightSemibold,
    whiteSpace: "nowrap",
  },
  verified: { color: tokens.colorStatusSuccessForeground1 },
  notVerified: { color: tokens.colorStatusDangerForeground1 },
});

/** The status as icon and words: colour alone tells nothing to many readers. */
export function StatusLabel({ status }: Pick<Config, "status">) {
  const styles = useStyles();
  const verified = status === "verified";
  const Icon = verified ? CheckmarkCircleFilled : DismissCircleFilled;
  return (
    <span className={styles.root}>
      <Icon
        fontSize={16}
        aria-hidden
        className={verified ? styles.verified : styles.notVerified}
      />
      {verified ? "Verified" : "Not Verified"}
    </span>
  );
}
