import type { Digest, EtcdSnapshot, MachineId } from "@rollcall/protocol";
import type { Fleet } from "../fleet.ts";
import { holdersOfAnother } from "./another.ts";
import { type Founding, foundingOf, isFounder, missedHolders, runners } from "./founding.ts";
import { begunNow, livingMembers } from "./members.ts";
import { memoryBeside } from "./memory-holders.ts";
import { sharedAddressText } from "./shared-addresses.ts";
import { nextBeginning } from "./snapshots.ts";
import type { EtcdMember, EtcdPeer } from "./state.ts";
import { type Boot, isBoot, type TakenOut, takenOutBoots } from "./taken-out.ts";

/** How etcd begins on a machine, and with whom; without `cluster`: with all that have a seat for it. */
export interface EtcdBeginning {
	readonly state: "new" | "existing";
	readonly cluster?: readonly EtcdPeer[] | undefined;
	/** The snapshot that it begins with, or began with; its machine still needs the file where `fetch` is given. */
	readonly restored?: { readonly sha256: Digest; readonly fetch?: EtcdSnapshot | undefined } | undefined;
}

/** Who begins together, as far as targets depend on it. */
type FoundingPart = Pick<Founding, "founders" | "isWhole">;

/** How etcd begins on the machines of a fleet: all that decides it. */
export interface EtcdBeginnings {
	readonly living: readonly EtcdMember[];
	/** How a boot begins that is no living member, where nobody has begun or it is among those who begin. Undefined: not yet, but for those of `goOn`. */
	readonly others: EtcdBeginning | undefined;
	/** Who begins etcd together just now. */
	readonly founding: FoundingPart | undefined;
	/** Machines that proved, after the log was lost, that etcd runs on them; and those told to begin, while the log is in doubt. */
	readonly goOn: readonly MachineId[];
	/** How those began. Who was told to and has not come so far still begins with the snapshot that the others have. */
	readonly goOnWith: EtcdBeginning;
	readonly takenOut: readonly TakenOut[];
	/** Boots with the memory of another etcd than the one that runs. */
	readonly another?: readonly Boot[];
}

/** How etcd begins on the machines of this fleet. When no memory of etcd is left anywhere, all begin anew. */
export function etcdBeginnings(fleet: Fleet): EtcdBeginnings {
	const living = livingMembers(fleet);
	const takenOut = takenOutBoots(fleet);
	if (living.length > 0) {
		const another = holdersOfAnother(fleet).map(({ machineId, bootId }) => ({ machineId, bootId }));
		const more = another.length > 0 ? { another } : {};
		return { living, others: undefined, founding: undefined, goOn: [], goOnWith: AS_IT_IS, takenOut, ...more };
	}
	// A log in doubt does not tell who lives: who runs goes on, and nobody begins.
	const doubted = fleet.log?.doubt !== undefined;
	const now = foundingOf(fleet);
	const isEarly = now === undefined && (missedHolders(fleet).length > 0 || sharedAddressText(fleet) !== undefined);
	const others = doubted || isEarly || now?.isHopeless ? undefined : newBeginning(fleet, now);
	// Who was told to begin goes on, also where memory beside it is known since.
	const isOver = now?.isWhole ? now.isHopeless : fleet.etcd !== undefined;
	const none = others !== undefined || (!doubted && isOver);
	const begun = none ? [] : begunNow(fleet);
	const goOn = (now?.isWhole ? begun : runners(fleet, begun)).map(({ machineId }) => machineId);
	const founding = now && { founders: now.founders, isWhole: now.isWhole };
	const goOnWith = (now?.isWhole && restoredBeginning(fleet)) || AS_IT_IS;
	return { living, others, founding, goOn, goOnWith, takenOut };
}

/** With what is there. */
const AS_IT_IS: EtcdBeginning = { state: "new" };

/** With the snapshot that is being restored. */
function restoredBeginning({ snapshots }: Fleet): EtcdBeginning | undefined {
	const { snapshot } = snapshots?.restoring ?? {};
	return snapshot && { state: "new", restored: { sha256: snapshot.sha256, fetch: snapshot } };
}

/** How it begins when no memory is left. Undefined: that is being decided, or memory that may live is known: to begin beside that would be a second cluster. */
function newBeginning(fleet: Fleet, founding: Founding | undefined): EtcdBeginning | undefined {
	if (memoryBeside(fleet, founding).length > 0) return undefined;
	const restored = restoredBeginning(fleet);
	if (restored) return restored;
	return nextBeginning(fleet).from === "nothing" ? { state: "new" } : undefined;
}

/** How etcd begins on a machine of this fleet. */
export function etcdBeginning(fleet: Fleet, boot: Boot): EtcdBeginning | undefined {
	return beginningOn(boot, etcdBeginnings(fleet));
}

/**
 * How etcd begins on a machine (`initial-cluster-state`). Undefined: it must not begin yet, since a cluster runs that this boot
 * is no member of; it would be refused, or worse, vote without its memory.
 */
export function beginningOn(boot: Boot, beginnings: EtcdBeginnings): EtcdBeginning | undefined {
	const own = beginnings.living.find(isBoot(boot));
	if (!own) return togetherOn(boot, beginnings);
	const { begun: state, cluster, restored, fetch } = own;
	return { state, cluster, ...(restored === undefined ? {} : { restored: { sha256: restored, fetch } }) };
}

/** How etcd begins on a boot that is no living member: with those who begin together, and nobody else while there are some. */
function togetherOn(boot: Boot, { others, founding, goOn, goOnWith }: EtcdBeginnings): EtcdBeginning | undefined {
	const goesOn = goOn.includes(boot.machineId) ? goOnWith : undefined;
	if (!founding) return others ?? goesOn;
	if (!isFounder(founding, boot)) return undefined;
	const how = others ?? goesOn;
	return how && founding.isWhole ? { ...how, cluster: founding.founders.map(toPeer) } : how;
}

const toPeer = ({ nodeName, address }: EtcdPeer): EtcdPeer => ({ nodeName, address });
