import { z } from "zod";

/**
 * The latest time that an event can have, in milliseconds since 1970: in the year 5138. No clock of a computer gets there, and what follows an event, such as a deadline, is a date
 * as well.
 */
export const LATEST_EVENT = 1e14;
/** The highest number that an event can have. A thousand events a second take 140,000 years to get there. */
export const MOST_EVENTS = 2 ** 52;

/**
 * What is wrong with the event log, or speaks against it. `gap`: entries are missing. `foreign`: something else than a coordinator wrote an
 * entry. `unreadable`: this program does not understand an event. `back`: the log ends before what was read of it, or goes on in another
 * way. `proof`: a machine proves that it was given more than the log knows.
 */
export const LogFlaw = z.strictObject({
	kind: z.enum(["gap", "foreign", "unreadable", "back", "proof"]),
	/** Where in the log, by JetStream's sequence number; absent where a machine says it. */
	position: z.int().min(0).optional(),
	reason: z.string().max(512),
});
export type LogFlaw = z.infer<typeof LogFlaw>;

/** `POST /v1/manifests/accept`: the number of the event that names them. */
export const ManifestsAccepted = z.strictObject({ seq: z.int() });

/** `POST /v1/log/accept`: the number of the event that ended the doubt. */
export const LogAccepted = z.strictObject({ seq: z.int() });
export type LogAccepted = z.infer<typeof LogAccepted>;
