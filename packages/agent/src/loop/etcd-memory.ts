import { type BootId, type EtcdMemory, messageOf, type TargetMemory } from "@rollcall/protocol";
import {
	afterLook,
	type HeldMemory,
	heldAtStart,
	heldByMarker,
	heldMember,
	type LostMemory,
	lossText,
	mayForget,
} from "../domain/etcd-memory.ts";
import type { EtcdData } from "../ports/etcd-data.ts";
import type { Clock, Log, Memory } from "../ports.ts";

/** Between two looks at the data. */
const LOOK_MS = 3_000;

/** What following etcd's memory needs. `changed` is called when there is news of it to report. */
export interface EtcdMemoryParts {
	readonly memory: Pick<Memory, "etcd" | "saveEtcd" | "good" | "goodIsDamaged" | "ledger">;
	readonly etcdData: EtcdData;
	readonly bootId: BootId;
	readonly clock: Clock;
	readonly log: Log;
	/** True where what targets run may be stand-ins: an etcd that is well has no data then. */
	readonly standIns: boolean;
	readonly changed: () => void;
}

/** etcd's memory on this machine: held from the first target that says so until the coordinator's word or the end of the boot. */
export interface EtcdMemoryKeeper {
	held(): HeldMemory | undefined;
	/** Holds it from now on, before anything is mounted. Throws FilesError when that cannot be written down. */
	hold(what: NonNullable<TargetMemory["holds"]>): void;
	/** Whose memory is there, after a look. Null: none, or none that counts. */
	present(): EtcdMemory | null;
	/** True when the memory may go by this word of the coordinator. */
	mayGo(forgets: readonly EtcdMemory[] | undefined): boolean;
	/** It went. */
	letGo(): void;
	/** Looks now and then, until `signal` is aborted. */
	watch(signal: AbortSignal): Promise<void>;
}

/** A keeper that goes on with what the agent's memory has, or with the marker that lies in etcd's data. */
export function createEtcdMemoryKeeper(parts: EtcdMemoryParts): EtcdMemoryKeeper {
	const { memory, etcdData, bootId, clock, log, standIns } = parts;
	const dataAt = (path: string) => etcdData.look(path);
	const noted = memory.etcd() ?? heldByMarker(dataAt, bootId);
	const damaged = memory.goodIsDamaged() ? ({ damaged: true, units: memory.ledger().units } as const) : undefined;
	let held = heldAtStart(noted, memory.good()?.target.content ?? damaged, { look: dataAt, standIns });
	if (held?.unsure) held = afterLook(held, etcdData.look(held.path), bootId).held;
	if (held?.lost && !noted?.lost) tellLoss(held.lost);
	if (held?.lost) bar(held.path);

	/** What was seen is not written down yet. */
	let unsaved = held !== noted;

	function tellLoss(lost: LostMemory): void {
		log.error("etcd's memory is gone although the boot goes on", { reason: lossText(lost) });
	}

	/** What took etcd's memory away may have left its folder, in which kubelet would let etcd begin anew. */
	function bar(path: string, below?: "below"): void {
		try {
			etcdData.bar(path, below);
		} catch (error) {
			log.warn("etcd may begin where its memory is not", { reason: messageOf(error) });
		}
	}

	function unbar(path: string): void {
		try {
			etcdData.unbar(path);
		} catch (error) {
			log.warn("what kept etcd from beginning stays", { reason: messageOf(error) });
		}
	}

	function keep(next: HeldMemory | undefined): void {
		memory.saveEtcd(next);
		held = next;
		unsaved = false;
	}

	function look(): void {
		if (!held) return;
		const { held: next, mark } = afterLook(held, etcdData.look(held.path), bootId);
		if (next === held && !unsaved) return;
		try {
			// The marker is looked at first: a recorded marker that does not lie beside the data means that the data is lost.
			if (mark) etcdData.mark(held.path, mark);
		} catch (error) {
			log.warn("etcd's memory has no marker yet", { reason: messageOf(error) });
			return;
		}
		const news = next.is?.memberId !== held.is?.memberId || next.lost !== held.lost;
		// It counts although there may be no room to write it: etcd must not begin again where its memory was lost.
		held = next;
		try {
			keep(next);
		} catch (error) {
			if (!unsaved) log.warn("what is known of etcd's memory cannot be written down yet", { reason: messageOf(error) });
			unsaved = true;
		}
		if (!news) return;
		if (next.lost) bar(next.path);
		if (next.lost) tellLoss(next.lost);
		else
			log.info("etcd's memory has its marker", {
				member: next.is?.memberId ?? "",
				cluster: next.is?.clusterId ?? "",
			});
		parts.changed();
	}

	return {
		held: () => held,
		hold({ unit, path }) {
			if (held?.unit !== unit || held.path !== path) keep({ ...held, unit, path });
			// What a stand-in mounts is this very folder.
			if (!standIns) bar(path, "below");
		},
		present() {
			look();
			return held?.is ?? null;
		},
		mayGo(forgets) {
			look();
			return held !== undefined && forgets !== undefined && mayForget(held, etcdData.look(held.path), forgets);
		},
		letGo() {
			if (held) log.info("etcd's memory is let go", { member: heldMember(held) ?? "none" });
			const path = held?.path;
			keep(undefined);
			if (path !== undefined) unbar(path);
			parts.changed();
		},
		async watch(signal) {
			while (!signal.aborted) {
				look();
				await clock.sleep(LOOK_MS, signal);
			}
		},
	};
}
