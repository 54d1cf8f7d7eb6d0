import { memoryOf } from "../domain/etcd-memory.ts";
import type { Accepted, Memory } from "../ports.ts";
import type { EtcdMemoryKeeper } from "./etcd-memory.ts";

interface GoesOnParts {
	readonly memory: Memory;
	readonly etcd: EtcdMemoryKeeper;
}

/**
 * The target that goes on although it failed: one with etcd whose member wrote something, while there is no good one to go back to. To stop its
 * etcd mends nothing. Others may need its vote, or have to read what it holds. Undefined: what failed was taken away, or is to be.
 */
export function goesOn({ memory, etcd }: GoesOnParts): Accepted | undefined {
	if (memory.good() !== undefined || memory.goodIsDamaged() || memory.ledger().open?.phase !== "swapped")
		return undefined;
	const next = memory.next();
	return next && memoryOf(next.target.content) && etcd.present() ? next : undefined;
}
