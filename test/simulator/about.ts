/** What most of a story is about. */
export type About =
	| "addresses"
	| "anything"
	| "copies"
	| "etcd"
	| "hours"
	| "keys"
	| "late"
	| "leads"
	| "log"
	| "memory"
	| "roles"
	| "room"
	| "takeover"
	| "versions";

/** How a kind of story is told. */
interface Telling {
	/** The longest time between two moves, in milliseconds. What etcd's members do next takes some seconds, and machines follow a change of keys in turn: stories about that leave them time. */
	readonly gapMs: number;
	/** Long enough for tokens, targets and commands to end, and for rejected or lost machines to be found; keys change in three steps, each by one control plane after the other. */
	readonly settleMs: number;
	/** Chance that what was acknowledged is lost in it; as in any other where nothing is said. */
	readonly damage?: number;
	/** Life of a certificate, so that some are renewed in a run. */
	readonly certificateSeconds?: number;
	/** It has two coordinators. */
	readonly shared?: true;
	/** What happens to etcd's members comes as well. */
	readonly withEtcd?: true;
	/** The log is soon so long that its older entries are taken out. */
	readonly shortLog?: true;
}

export const TELLINGS: Readonly<Record<About, Telling>> = {
	addresses: { gapMs: 20_000, settleMs: 55_000, withEtcd: true },
	anything: { gapMs: 8_000, settleMs: 55_000 },
	copies: { gapMs: 20_000, settleMs: 55_000 },
	etcd: { gapMs: 20_000, settleMs: 55_000, withEtcd: true },
	hours: { gapMs: 2_400_000, settleMs: 55_000 },
	keys: { gapMs: 20_000, settleMs: 200_000 },
	late: { gapMs: 20_000, settleMs: 55_000, certificateSeconds: 90 },
	leads: { gapMs: 20_000, settleMs: 55_000, shared: true, damage: 0.7 },
	log: { gapMs: 15_000, settleMs: 55_000, shared: true, shortLog: true, damage: 0.6 },
	memory: { gapMs: 20_000, settleMs: 55_000, shared: true, withEtcd: true },
	roles: { gapMs: 20_000, settleMs: 55_000 },
	room: { gapMs: 20_000, settleMs: 55_000 },
	takeover: { gapMs: 15_000, settleMs: 100_000, shared: true },
	versions: { gapMs: 15_000, settleMs: 55_000, shared: true },
};
