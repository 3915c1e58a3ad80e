import { makeStyles, tokens } from "@fluentui/react-components";

/** One row of the list: columns side by side, or stacked where there is no room for them. */
export const useGridStyles = makeStyles({
  row: {
    display: "grid",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    gridTemplateColumns:
      "40px minmax(180px, 3fr) minmax(130px, 2fr) 80px minmax(190px, 3fr) 176px",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    paddingBlock: tokens.spacingVerticalXS,
    "@media (max-width: 860px)": {
      gridTemplateColumns: "40px 1fr auto",
      gridTemplateAreas: '"select name type" ". host host" ". status status" ". actions actions"',
      rowGap: tokens.spacingVerticalXS,
      paddingBlock: tokens.spacingVerticalM,
    },
  },
  select: { "@media (max-width: 860px)": { gridArea: "select" } },
  name: { overflowWrap: "anywhere", "@media (max-width: 860px)": { gridArea: "name" } },
  host: { overflowWrap: "anywhere", "@media (max-width: 860px)": { gridArea: "host" } },
  type: { "@media (max-width: 860px)": { gridArea: "type" } },
  status: { "@media (max-width: 860px)": { gridArea: "status" } },
  actions: {
    display: "flex",
    gap: tokens.spacingHorizontalXXS,
    "@media (max-width: 860px)": { gridArea: "actions" },
  },
});
