import type { BootId, Digest, EtcdSnapshot, MachineId } from "@rollcall/protocol";

/**
 * One boot of a machine as a member of etcd. Its data is in RAM, so another boot is another member. `begun`: with the whole
 * cluster, or as one that joined it. A learner has no vote until it has caught up.
 */
export interface EtcdMember {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly nodeName: string;
	readonly begun: "new" | "existing";
	readonly votes: boolean;
	/** The members that it began with. Kept as they were, so that a change elsewhere does not start this one anew. */
	readonly cluster: readonly EtcdPeer[];
	/** The snapshot that it began with, by name. */
	readonly restored?: Digest | undefined;
	/** The same with all that is needed to fetch it, where etcd was founded before this one had restored it. */
	readonly fetch?: EtcdSnapshot | undefined;
	/** etcd was asked to take it out, or did. Its data names a member that is no more, so this boot cannot join again. */
	readonly removed?: "asked" | "done" | undefined;
}

/** A member by its name and address. */
export interface EtcdPeer {
	readonly nodeName: string;
	readonly address: string;
}

/** One of those who begin etcd together, from the first target for it until it is founded, with the address by which the others look for it. */
export interface EtcdFounder extends EtcdPeer {
	readonly machineId: MachineId;
	/** The boot that was told to begin. Absent while none was: then any boot of the machine may. */
	readonly bootId?: BootId | undefined;
	/** That boot was emptied since: its data is gone, and it may not begin again. */
	readonly emptied?: true | undefined;
}

/** Members that etcd is asked to take out, by etcd's own ids; for the step of this boot, which joins or leaves. Recorded before etcd is asked. */
export interface EtcdRemoving {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly ids: readonly string[];
}

/** A snapshot that is kept. `detached`: it is of a history of the cluster that this log does not continue; only an operator restores or removes it. */
export interface KeptSnapshot extends EtcdSnapshot {
	readonly detached: boolean;
}

/** What is known of etcd's snapshots. The files lie with the coordinator that leads. */
export interface EtcdSnapshots {
	/** Oldest first, at most `MAX_SNAPSHOTS`. */
	readonly kept: readonly KeptSnapshot[];
	/** What an operator wants etcd to begin with, the next time that no memory is left. Undefined: the newest. */
	readonly choice?: "none" | EtcdSnapshot | undefined;
	/** What etcd begins with just now; chosen once, so that all its machines get the same. */
	readonly restoring?: { readonly snapshot: EtcdSnapshot; readonly seq: number } | undefined;
	/** Revision of the newest that was taken since etcd began; of the same revision there is no need for another. */
	readonly revision?: number | undefined;
	/** Why none can be taken, or the one that is to be restored is not there. */
	readonly trouble?: string | undefined;
}

export const NO_SNAPSHOTS: EtcdSnapshots = { kept: [] };
