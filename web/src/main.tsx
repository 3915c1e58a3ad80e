import {
  AriaLiveAnnouncer,
  createDOMRenderer,
  FluentProvider,
  RendererProvider,
} from "@fluentui/react-components";
import { StrictMode, useMemo } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { useSystemTheme } from "./app/theme";
import "./page.css";

/** Griffel's style elements bear the nonce that the Content-Security-Policy of this answer names. */
function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
}

function Root() {
  const theme = useSystemTheme();
  const renderer = useMemo(
    () => createDOMRenderer(document, { styleElementAttributes: { nonce: nonce() } }),
    [],
  );
  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      <FluentProvider theme={theme}>
        <AriaLiveAnnouncer>
          <App />
        </AriaLiveAnnouncer>
      </FluentProvider>
    </RendererProvider>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Root />
    </StrictMode>,
  );
}
