/** The browser's side of an authorization. */

import { listEvents, startAuthorization } from "../api/configs";
import {
  CHANNEL,
  isOutcomeMessage,
  type OutcomeMessage,
  type Popup,
  type Surroundings,
} from "./authorize";

const WIDTH = 520;
const HEIGHT = 700;
let callbackOrigin: string | null = null;

/** The outcome page may live at another origin than this one: at the redirect URI's. */
export function trustRedirectUri(redirectUri: string): void {
  callbackOrigin = URL.canParse(redirectUri) ? new URL(redirectUri).origin : null;
}

export class OpenWindow implements Popup {
  constructor(private readonly view: Window) {}

  get closed(): boolean {
    return this.view.closed;
  }

  close(): void {
    this.view.close();
  }

  goTo(url: string): void {
    this.view.location.replace(url);
  }
}

/**
 * Opens the window for a sign-in. Only in the click itself do browsers allow that, before there is
 * an address to go to. Returns null when it was blocked.
 */
export function openWindow(): OpenWindow | null {
  const left = Math.max(0, window.screenX + (window.outerWidth - WIDTH) / 2);
  const top = Math.max(0, window.screenY + (window.outerHeight - HEIGHT) / 2);
  const place = `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`;
  const view = window.open("about:blank", "_blank", place);
  if (!view) return null;
  view.document.title = "Sign in";
  view.document.body.textContent = "Opening the sign-in page…";
  return new OpenWindow(view);
}

export function listen(listener: (message: OutcomeMessage) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  const onChannel = ({ data }: MessageEvent<unknown>) => {
    if (isOutcomeMessage(data)) listener(data);
  };
  const onWindow = ({ origin, data }: MessageEvent<unknown>) => {
    if (origin !== location.origin && origin !== callbackOrigin) return;
    if (isOutcomeMessage(data)) listener(data);
  };
  channel.addEventListener("message", onChannel);
  addEventListener("message", onWindow);
  return () => {
    channel.close();
    removeEventListener("message", onWindow);
  };
}

export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

export const surroundings: Surroundings = {
  start: startAuthorization,
  events: async (id) => (await listEvents(id)).value,
  listen,
  wait,
  now: () => Date.now(),
};
