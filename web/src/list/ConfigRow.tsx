import {
  Badge,
  Button,
  Checkbox,
  Link,
  makeStyles,
  mergeClasses,
  Spinner,
  tokens,
  Tooltip,
} from "@fluentui/react-components";
import {
  ArrowSyncRegular,
  CheckmarkCircleFilled,
  DeleteRegular,
  EditRegular,
  InfoFilled,
  PersonKeyRegular,
  SendRegular,
  WarningFilled,
} from "@fluentui/react-icons";
import type { ReactElement } from "react";
import type { Config, Reason } from "../api/types";
import { StatusLabel } from "../ui/StatusLabel";
import { calendarDate, daysUntil, today } from "../ui/time";
import type { Activity, Note } from "../flows/board";
import { useGridStyles } from "./grid.styles";

export interface RowActions {
  open: (config: Config) => void;
  edit: (config: Config) => void;
  remove: (config: Config) => void;
  check: (config: Config) => void;
  test: (config: Config) => void;
  authorize: (config: Config) => void;
  cancel: (config: Config) => void;
}

interface Props {
  config: Config;
  selected: boolean;
  onSelect: (selected: boolean) => void;
  activity: Activity | undefined;
  note: Note | undefined;
  mayManage: boolean;
  actions: RowActions;
}

const useStyles = makeStyles({
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  line: {
    display: "flex",
    alignItems: "flex-start",
    gap: tokens.spacingHorizontalXS,
    overflowWrap: "anywhere",
    fontSize: tokens.fontSizeBase200,
  },
  icon: { flexShrink: 0, marginTop: "1px" },
  warning: { color: tokens.colorStatusWarningForeground3 },
  success: { color: tokens.colorStatusSuccessForeground1 },
  from: { width: "100%" },
  names: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalS,
    rowGap: tokens.spacingVerticalXXS,
  },
  link: { textAlign: "start", lineHeight: tokens.lineHeightBase300, fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
});

/** A warning in the few words that a row has room for. */
export function shortWarning(warning: Reason, config: Config): string {
  const date = config.clientSecretExpiresOn;
  if (warning.code !== "client_secret_expiring" || !date) return warning.title;
  const days = daysUntil(date, today());
  if (days < 0) return `Client secret expired on ${calendarDate(date)}`;
  if (days === 0) return "Client secret expires today";
  return `Client secret expires in ${days === 1 ? "1 day" : `${days} days`}`;
}

function StatusCell({ config, activity, note, actions }: Props) {
  const styles = useStyles();
  const busy = activity === "checking" ? "Checking…" : "Waiting for the sign-in window…";
  const NoteIcon = note?.ok ? CheckmarkCircleFilled : InfoFilled;
  return (
    <>
      <StatusLabel status={config.status} />
      {config.reason && <div className={styles.small}>{config.reason.title}</div>}
      {config.warnings.map((warning) => (
        <div key={warning.code} className={styles.line}>
          <WarningFilled aria-label="Warning:" className={styles.warning} fontSize={16} />
          {shortWarning(warning, config)}
        </div>
      ))}
      {activity && (
        <div className={styles.line}>
          <Spinner size="extra-tiny" aria-hidden />
          {busy}
          {activity === "authorizing" && (
            <Link
              as="button"
              onClick={() => {
                actions.cancel(config);
              }}
            >
              Cancel
            </Link>
          )}
        </div>
      )}
      {note && !activity && (
        <div className={styles.line} data-note={note.ok ? "ok" : "failed"}>
          <NoteIcon aria-hidden className={note.ok ? styles.success : styles.icon} fontSize={16} />
          {note.text}
        </div>
      )}
    </>
  );
}

interface ActionProps {
  name: string;
  config: Config;
  icon: ReactElement;
  disabled: boolean;
  act: (config: Config) => void;
}

function ActionButton({ name, config, icon, disabled, act }: ActionProps) {
  // Inside the page's main part, so that a dialog covers it, and it belongs to a landmark.
  const mountNode = document.getElementById("main");
  return (
    <Tooltip content={name} relationship="description" withArrow mountNode={mountNode}>
      <Button
        appearance="subtle"
        icon={icon}
        aria-label={`${name} ${config.userName}`}
        disabledFocusable={disabled}
        onClick={() => {
          act(config);
        }}
      />
    </Tooltip>
  );
}

function Actions({ config, activity, mayManage, actions }: Props) {
  const off = { config, disabled: !mayManage };
  const busy = { config, disabled: !mayManage || activity !== undefined };
  return (
    <>
      <ActionButton name="Edit" icon={<EditRegular />} act={actions.edit} {...off} />
      <ActionButton name="Delete" icon={<DeleteRegular />} act={actions.remove} {...off} />
      <ActionButton name="Check now" icon={<ArrowSyncRegular />} act={actions.check} {...busy} />
      <ActionButton
        name="Send test message"
        icon={<SendRegular />}
        act={actions.test}
        {...busy}
      />
      {config.authType === "oauth2.0" && (
        <ActionButton
          name="Authorize"
          icon={<PersonKeyRegular />}
          act={actions.authorize}
          {...busy}
        />
      )}
    </>
  );
}

function NameCell({ config, actions }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.names}>
      <Link
        as="button"
        className={styles.link}
        onClick={() => {
          actions.open(config);
        }}
      >
        {config.userName}
      </Link>
      {config.isDefault && (
        <Badge appearance="outline" color="brand">
          Default
        </Badge>
      )}
      {config.fromAddress && config.fromAddress !== config.userName && (
        <div className={mergeClasses(styles.small, styles.from)}>From {config.fromAddress}</div>
      )}
    </div>
  );
}

export function ConfigRow(props: Props) {
  const grid = useGridStyles();
  const { config, selected, onSelect, mayManage } = props;
  return (
    <div role="row" className={grid.row} data-config={config.id}>
      <div role="cell" className={grid.select}>
        <Checkbox
          aria-label={`Select ${config.userName}`}
          disabled={!mayManage}
          checked={selected}
          onChange={(_, { checked }) => {
            onSelect(checked === true);
          }}
        />
      </div>
      <div role="cell" className={grid.name}>
        <NameCell {...props} />
      </div>
      <div role="cell" className={grid.host}>
        {config.hostName}
      </div>
      <div role="cell" className={grid.type}>
        {config.authType}
      </div>
      <div role="cell" className={grid.status}>
        <StatusCell {...props} />
      </div>
      <div role="cell" className={grid.actions}>
        <Actions {...props} />
      </div>
    </div>
  );
}
