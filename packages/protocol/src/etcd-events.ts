import { z } from "zod";
import { EtcdSnapshot, MAX_SNAPSHOTS, RestoreChoice } from "./etcd.ts";
import { EtcdId, EtcdMemory } from "./etcd-memory.ts";
import { BootId, Digest, MachineId, Name } from "./ids.ts";

const by = z.string().max(128);
const machineId = MachineId;
const bootId = BootId;
const reason = z.string().max(1024);

/** The members that a member of etcd begins with, by name and address. They stay in its arguments for as long as it lives. */
const EtcdCluster = z.array(z.strictObject({ nodeName: Name, address: z.string().max(64) })).max(64);

/** Events about etcd: its members, whose memory lies where, and its snapshots. A part of `EVENT_PAYLOADS`. */
export const ETCD_EVENT_PAYLOADS = {
	/** etcd runs on most of the machines that began it together; from now on nobody begins anew. */
	"etcd-founded": z.strictObject({
		members: z.array(z.strictObject({ machineId, bootId, nodeName: Name })).max(64),
		cluster: EtcdCluster,
		/** After a lost log: ids of voters that etcd lists beside these, whose machines nobody proved. */
		others: z.array(EtcdId).max(64).optional(),
	}),
	/** A boot without data may join etcd: the member that it was is removed, and it is a learner. */
	"etcd-member-added": z.strictObject({ machineId, bootId, nodeName: Name, cluster: EtcdCluster }),
	/** A learner of etcd has caught up, and votes. */
	"etcd-member-promoted": z.strictObject({ machineId, bootId }),
	/** etcd is about to be asked to take out members, by ids of its own (64 bits, decimal), before this boot joins or because it leaves. */
	"etcd-members-removing": z.strictObject({
		machineId,
		bootId,
		ids: z.array(EtcdId).max(64),
	}),
	/** A member of etcd whose machine holds no seat for it any more was taken out, or etcd does not list it any more. */
	"etcd-member-removed": z.strictObject({ machineId, bootId, nodeName: Name }),
	/** What an agent says of etcd's memory on its machine, when that changes: whose it is, or null when it is gone although the boot goes on. */
	"etcd-memory-changed": z.strictObject({
		machineId,
		bootId,
		memory: EtcdMemory.nullable(),
		sequence: z.int().min(0).optional(),
	}),
	/** etcd's state was saved; the file lies with the coordinator, encrypted. */
	"etcd-snapshot-taken": z.strictObject({ snapshot: EtcdSnapshot }),
	/** It could not be saved, or what is to be restored is not there. Once per cause; older ones stay. */
	"etcd-snapshot-failed": z.strictObject({ reason }),
	/** Snapshots are forgotten, and their files removed: there are newer ones, or an operator (`by`) wants them gone. */
	"etcd-snapshots-pruned": z.strictObject({ snapshots: z.array(Digest).min(1).max(MAX_SNAPSHOTS), by: by.optional() }),
	/** A new log begins, and these are there from before. */
	"etcd-snapshots-found": z.strictObject({ snapshots: z.array(EtcdSnapshot).max(MAX_SNAPSHOTS) }),
	/** An operator says what etcd begins with, the next time that no memory is left. */
	"etcd-restore-chosen": z.strictObject({ choice: RestoreChoice, by }),
	/** No memory of etcd is left: all its machines begin with this snapshot, until it is founded. */
	"etcd-restoring": z.strictObject({ snapshot: EtcdSnapshot }),
} as const;
