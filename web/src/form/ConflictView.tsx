import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, Radio, tokens } from "@fluentui/react-components";
import { When } from "../ui/When";
import type { Field } from "./draft";
import { LABELS } from "./labels";
import { type Conflict, defaultSide, type Difference, type Side } from "./merge";

const useStyles = makeStyles({
  list: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalM },
  set: {
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    margin: 0,
    minWidth: 0,
    padding: tokens.spacingHorizontalM,
    display: "grid",
    gridTemplateColumns: "1fr 1fr",
    gap: tokens.spacingHorizontalM,
    "@media (max-width: 600px)": { gridTemplateColumns: "1fr" },
  },
  legend: { fontWeight: tokens.fontWeightSemibold, paddingInline: tokens.spacingHorizontalXS },
  value: {
    display: "block",
    overflowWrap: "anywhere",
    whiteSpace: "pre-wrap",
    maxHeight: "160px",
    overflowY: "auto",
  },
  whose: { fontWeight: tokens.fontWeightSemibold },
});

function shown(value: string | boolean): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value === "" ? "(nothing)" : value;
}

interface ChoiceProps {
  difference: Difference;
  side: Side;
  onChoose: (side: Side) => void;
}

function Choice({ difference, side, onChoose }: ChoiceProps) {
  const styles = useStyles();
  const { field } = difference;
  const option = (value: Side, whose: string) => (
    <Radio
      name={`conflict-${field}`}
      value={value}
      checked={side === value}
      onChange={() => {
        onChoose(value);
      }}
      label={
        <>
          <span className={styles.whose}>{whose}</span>
          <span className={styles.value}>{shown(difference[value])}</span>
        </>
      }
    />
  );
  return (
    <fieldset className={styles.set}>
      <legend className={styles.legend}>{LABELS[field]}</legend>
      {option("mine", difference.contested ? "Yours" : "Yours (unchanged)")}
      {option("theirs", "Theirs")}
    </fieldset>
  );
}

interface Props {
  conflict: Conflict;
  choice: ReadonlyMap<Field, Side>;
  onChoose: (field: Field, side: Side) => void;
}

/** Both versions of every field that differs, side by side. */
export function ConflictView({ conflict, choice, onChoose }: Props) {
  const styles = useStyles();
  const { theirs, differences } = conflict;
  return (
    <div className={styles.list}>
      <MessageBar intent="warning" layout="multiline" role="alert">
        <MessageBarBody>
          <MessageBarTitle>Somebody else changed this mailbox while you were editing</MessageBarTitle>
          {theirs.updatedBy} saved it <When at={theirs.updatedAt} />. Nothing of yours is lost:
          choose what counts, field by field.
        </MessageBarBody>
      </MessageBar>
      {differences.map((difference) => (
        <Choice
          key={difference.field}
          difference={difference}
          side={choice.get(difference.field) ?? defaultSide(difference)}
          onChoose={(side) => {
            onChoose(difference.field, side);
          }}
        />
      ))}
    </div>
  );
}
