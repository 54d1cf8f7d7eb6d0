import { type EtcdMemory, messageOf } from "@rollcall/protocol";
import type { HeldMemory } from "../domain/etcd-memory.ts";
import { UNIT_FOLDER } from "../domain/plan-units.ts";
import type { Log, Memory, Units } from "../ports.ts";
import type { EtcdMemoryKeeper } from "./etcd-memory.ts";
import { stopUnit } from "./run-units.ts";

/** The files that stay for as long as etcd's memory is held: that of its unit. */
export function memoryFiles(held: HeldMemory | undefined): string[] {
	return held ? [`${UNIT_FOLDER}/${held.unit}`] : [];
}

/**
 * Removes etcd's memory if the coordinator's release names what lies there: etcd knows the member no more. Called when nothing uses it.
 * A failure is logged, and the memory stays held.
 */
export async function letMemoryGo(
	parts: { readonly units: Units; readonly memory: Memory; readonly etcd: EtcdMemoryKeeper; readonly log: Log },
	forgets: readonly EtcdMemory[] | undefined,
): Promise<void> {
	const { units, memory, etcd, log } = parts;
	const held = etcd.held();
	if (!held || !etcd.mayGo(forgets)) return;
	try {
		await stopUnit(units, held.unit);
		etcd.letGo();
		const ledger = memory.ledger();
		memory.saveLedger({ ...ledger, units: ledger.units.filter((unit) => unit !== held.unit) });
	} catch (error) {
		log.error("etcd's memory cannot be let go; it is tried again", { reason: messageOf(error) });
	}
}
