import { Checkbox, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { Config } from "../api/types";
import type { Snapshot } from "../flows/board";
import { ConfigRow, type RowActions } from "./ConfigRow";
import { useGridStyles } from "./grid.styles";

const useStyles = makeStyles({
  head: {
    fontWeight: tokens.fontWeightSemibold,
    borderBottom: `1px solid ${tokens.colorNeutralStroke1}`,
    "@media (max-width: 860px)": { gridTemplateColumns: "40px 1fr", gridTemplateAreas: "none" },
  },
  narrowHidden: {
    "@media (max-width: 860px)": {
      position: "absolute",
      width: "1px",
      height: "1px",
      overflow: "hidden",
      clipPath: "inset(50%)",
    },
  },
  stale: { opacity: 0.6 },
});

interface Props {
  configs: readonly Config[];
  selection: ReadonlyMap<string, string>;
  onSelect: (configs: readonly Config[], selected: boolean) => void;
  work: Snapshot;
  loading: boolean;
  mayManage: boolean;
  actions: RowActions;
}

function Head({ configs, selection, onSelect, mayManage }: Props) {
  const styles = useStyles();
  const grid = useGridStyles();
  const chosen = configs.filter(({ id }) => selection.has(id)).length;
  const all = chosen === configs.length && chosen > 0;
  return (
    <div role="rowgroup">
      <div role="row" className={mergeClasses(grid.row, styles.head)}>
        <div role="columnheader">
          <Checkbox
            aria-label="Select all on this page"
            disabled={!mayManage}
            checked={all ? true : chosen > 0 ? "mixed" : false}
            onChange={(_, { checked }) => {
              onSelect(configs, checked === true);
            }}
          />
        </div>
        <div role="columnheader">User name</div>
        {["Host name", "Auth type", "Status", "Actions"].map((name) => (
          <div key={name} role="columnheader" className={styles.narrowHidden}>
            {name}
          </div>
        ))}
      </div>
    </div>
  );
}

/** The list; on narrow screens each row becomes a card. */
export function ConfigTable(props: Props) {
  const styles = useStyles();
  const { configs, selection, onSelect, work, mayManage, actions, loading } = props;
  return (
    <div
      role="table"
      aria-label="Mailboxes"
      aria-busy={loading}
      className={mergeClasses(loading && styles.stale)}
    >
      <Head {...props} />
      <div role="rowgroup">
        {configs.map((config) => (
          <ConfigRow
            key={config.id}
            config={config}
            selected={selection.has(config.id)}
            onSelect={(selected) => {
              onSelect([config], selected);
            }}
            activity={work.activities.get(config.id)}
            note={work.notes.get(config.id)}
            mayManage={mayManage}
            actions={actions}
          />
        ))}
      </div>
    </div>
  );
}
