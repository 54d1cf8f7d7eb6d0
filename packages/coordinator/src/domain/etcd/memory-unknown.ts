import type { Fleet } from "../fleet.ts";

/**
 * True where the log cannot tell who holds etcd's memory, or whether anybody does: it was begun anew or was in doubt before etcd was founded by it,
 * so that machines may hold memory which nobody has proved yet. It ends when etcd is founded by those that prove it, or a person says what etcd is
 * to begin with, or declares a document for which he accepts its loss by name.
 */
export function isMemoryUnknown({ recoverUntil, etcd, snapshots, cluster }: Fleet): boolean {
	// A log that never was in recovery has no such time.
	return recoverUntil > 0 && etcd === undefined && snapshots?.choice === undefined && cluster?.acceptLoss !== "etcd";
}
