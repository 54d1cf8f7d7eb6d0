import type { EventType } from "@rollcall/protocol";

/** The next event of this kind is lost so many milliseconds after it was recorded: with all behind it, or with the whole log. */
export interface Loses {
	readonly what: EventType;
	readonly after: number;
	readonly all?: boolean;
	/** Only behind an event of this kind. */
	readonly behind?: EventType | undefined;
	/** It stays itself, and what follows it is lost. */
	readonly stays?: boolean;
}

/** Moments at which a coordinator may stand still, and for how many milliseconds. */
export interface StillAt {
	/** It asked etcd for its members. */
	list?: number | undefined;
	/** The log took the entry by which it is elected. */
	election?: number | undefined;
	/** The log answered it. */
	answer?: number | undefined;
}
