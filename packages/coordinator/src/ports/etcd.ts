/** A member as etcd lists it. */
export interface ListedMember {
	readonly id: string;
	/** Empty for one that was added and has not begun. */
	readonly name: string;
	readonly peerUrls: readonly string[];
	readonly learner: boolean;
}

/** The members of a running etcd. Everything throws EtcdError. */
export interface EtcdMembers {
	list(): Promise<readonly ListedMember[]>;
	remove(id: string): Promise<void>;
	addLearner(peerUrl: string): Promise<void>;
	/** False: it has not caught up yet. */
	promote(id: string): Promise<boolean>;
}

/** What a running etcd holds. Everything throws EtcdError. */
export interface EtcdState {
	/**
	 * The member that is furthest, of those in touch with a majority, which have applied all that was written before this was asked: one that was cut
	 * off would give an old state. `leaderless`: also of those that have no leader, where the majority is lost and what is left is all that there is.
	 */
	look(which?: { readonly leaderless: boolean }): Promise<{ readonly member: string; readonly revision: number }>;
	/** All that a member holds, in pieces, the SHA-256 of the rest at the end: the format of etcd's own snapshot files. */
	read(member: string): AsyncIterable<Uint8Array>;
}
