/** The API's types under the names that the page uses. They come from the OpenAPI document. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Config = Schemas["Config"];
export type NewConfig = Schemas["NewConfig"];
/** A merge patch: null takes an optional field away. */
export type ConfigChange = Schemas["ConfigChanges"];
export type ConfigPage = Schemas["ConfigList"];
export type Reason = Schemas["Reason"];
export type HistoryEvent = Schemas["Event"];
export type EventPage = Schemas["EventList"];
export type Options = Schemas["Options"];
export type Provider = Schemas["Provider"];
export type BulkDeleteResult = Schemas["BulkDeleted"];
export type StartedAuthorization = Schemas["StartedAuthorization"];
export type TestMessageOutcome = Schemas["TestMessageOutcome"];

export type AuthType = Config["authType"];
export type Security = Config["security"];
export type Owner = Schemas["Owner"];
export type EventType = Schemas["EventType"];
