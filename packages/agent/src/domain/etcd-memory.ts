import { type BootId, type EtcdMemory, isSameMemory, type TargetContent, type TargetMemory } from "@rollcall/protocol";

/** What lies in etcd's data folder. `marked`: what the marker beside the data says; "damaged" when it says nothing that can be read. */
export type EtcdDataSeen =
	| { readonly kind: "none" }
	/** Nobody can tell now: etcd is just writing it, or it cannot be read. */
	| { readonly kind: "unclear" }
	| {
			readonly kind: "data";
			readonly memberId: string;
			readonly clusterId: string;
			readonly marked?: EtcdMemory | "damaged";
	  };

/** Memory of etcd that was lost although the boot went on: whose it was, or that nobody can say it, since what was written of it cannot be read, or nothing was. */
export type LostMemory = EtcdMemory | "unknown";

/** Memory of etcd that outlives targets: the unit that mounts it, where, whose it is, and whose was lost although the boot went on. */
export interface HeldMemory {
	readonly unit: string;
	readonly path: string;
	readonly is?: EtcdMemory | undefined;
	readonly lost?: LostMemory | undefined;
	/** What was written of it cannot be read: it counts as lost, unless its marker says whose it is. */
	readonly unsure?: true | undefined;
}

/** What targets mount for etcd: those of older coordinators do not say it, and an agent that remembers nothing looks there. */
const BY_NAME = { unit: "var-lib-etcd.mount", path: "/var/lib/etcd" } as const;

/** What may be held where what was written of it is damaged: it must not be let go, nor begun anew. The targets, the good one first, say where it lies. */
export function unsureMemory(targets: readonly (TargetContent | undefined)[]): HeldMemory {
	const named = targets.map((content) => content && memoryOf(content)).find(Boolean);
	return { ...(named ?? BY_NAME), unsure: true };
}

/** The memory of etcd that a target holds. */
export function memoryOf({ memory, units }: TargetContent): TargetMemory["holds"] {
	return memory?.holds ?? (units.some(({ name }) => name === BY_NAME.unit) ? BY_NAME : undefined);
}

/** What is held where the agent remembers nothing: the data in the usual place, where its marker is of this boot. */
export function heldByMarker(look: (path: string) => EtcdDataSeen, bootId: BootId): HeldMemory | undefined {
	const seen = look(BY_NAME.path);
	if (seen.kind !== "data" || seen.marked === undefined || seen.marked === "damaged") return undefined;
	const is: EtcdMemory = { memberId: seen.memberId, clusterId: seen.clusterId, bootId };
	return isSameMemory(seen.marked, is) ? { ...BY_NAME, is } : undefined;
}

/**
 * What is held when an agent starts. Where the good target has etcd, its member was healthy and wrote something, whether or not that could be noted: it is held, and
 * without data it is lost. So it is where the good target cannot be read, and `units` that ran have the mount. `standIns`: what runs may be stand-ins, which write nothing.
 */
export function heldAtStart(
	noted: HeldMemory | undefined,
	good: TargetContent | { readonly damaged: true; readonly units: readonly string[] } | undefined,
	{ look, standIns }: { readonly look: (path: string) => EtcdDataSeen; readonly standIns: boolean },
): HeldMemory | undefined {
	const isDamaged = good !== undefined && "damaged" in good;
	const had = isDamaged ? (good.units.includes(BY_NAME.unit) ? BY_NAME : undefined) : good && memoryOf(good);
	const held: HeldMemory | undefined = noted ?? had;
	const wrote = had !== undefined && had.path === held?.path && !standIns;
	if (!held || !wrote || held.is || held.lost || look(held.path).kind !== "none") return held;
	return loss(held, "unknown");
}

/**
 * What is held, after a look. `mark`: a marker that is to be written, before the rest counts. Data gets its marker once; where that is
 * gone, or is another's, the memory is lost, and stays so until another boot.
 */
export function afterLook(
	held: HeldMemory,
	seen: EtcdDataSeen,
	bootId: BootId,
): { readonly held: HeldMemory; readonly mark?: EtcdMemory } {
	const { is, lost, unsure } = held;
	if (lost || seen.kind === "unclear") return { held };
	if (seen.kind === "none") {
		const gone = is ?? (unsure ? "unknown" : undefined);
		return { held: gone ? loss(held, gone) : held };
	}
	const found: EtcdMemory = { memberId: seen.memberId, clusterId: seen.clusterId, bootId };
	const { marked } = seen;
	if (marked === undefined) {
		if (is || unsure) return { held: loss(held, is ?? found) };
		return { held: { ...held, is: found }, mark: found };
	}
	const fits = marked !== "damaged" && isSameMemory(marked, found) && (!is || isSameMemory(is, found));
	return { held: fits ? { unit: held.unit, path: held.path, is: found } : loss(held, is ?? found) };
}

/** Says of a loss whose memory it was. */
export function lossText(lost: LostMemory): string {
	if (lost === "unknown")
		return "nothing that can be read says what became of etcd's memory here, so that it counts as lost";
	return `the memory of etcd's member ${lost.memberId} was lost although the boot goes on`;
}

/** The id of the member whose memory is held, or was; undefined where nobody can say it. */
export function heldMember({ is, lost }: HeldMemory): string | undefined {
	return is?.memberId ?? (lost === "unknown" ? undefined : lost?.memberId);
}

function loss({ unit, path }: HeldMemory, lost: LostMemory): HeldMemory {
	return { unit, path, lost };
}

/** True when the memory may go by the coordinator's word: it names the memory, or there is none that it could name. */
export function mayForget({ is, lost }: HeldMemory, seen: EtcdDataSeen, forgets: readonly EtcdMemory[]): boolean {
	const memory = is ?? lost;
	if (memory === "unknown") return false;
	if (memory) return forgets.some((one) => isSameMemory(one, memory));
	return seen.kind === "none";
}
