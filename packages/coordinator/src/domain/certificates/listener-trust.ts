import type { Authority, BootId, Digest } from "@rollcall/protocol";

/** Whom clients of the coordinators' listeners believe. Absent of a fleet whose authority was never changed. */
export interface ListenerTrust {
	readonly listeners: Authority;
	/** Of the last change. */
	readonly seq: number;
	/** Of the last change of who is believed: machines are told of each. */
	readonly since: number;
	/** Of the change that brought the newest authority. */
	readonly introduced: number;
}

/** What a boot confirmed last: it believes who was named in the event of this number. */
export interface ListenersKnown {
	readonly bootId: BootId;
	readonly since: number;
}

/** The state after a change, recorded with this number. */
export function listenersChanged(
	before: ListenerTrust | undefined,
	{ listeners, seq }: { readonly listeners: Authority; readonly seq: number },
): ListenerTrust {
	const names = ({ certificates }: Authority): Digest[] => certificates.map(({ fingerprint }) => fingerprint);
	const [was, is] = [before ? names(before.listeners) : [], names(listeners)];
	const isSame = was.join() === is.join();
	const newest = is.at(-1);
	return {
		listeners,
		seq,
		since: before && isSame ? before.since : seq,
		introduced: before && newest !== undefined && was.includes(newest) ? before.introduced : seq,
	};
}
