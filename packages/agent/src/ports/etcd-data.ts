import type { EtcdMemory } from "@rollcall/protocol";
import type { EtcdDataSeen } from "../domain/etcd-memory.ts";

/** etcd's data folder, as a target names it. */
export interface EtcdData {
	/** Never throws. */
	look(path: string): EtcdDataSeen;
	/** Puts the marker beside the data. Throws FilesError. */
	mark(path: string, memory: EtcdMemory): void;
	/**
	 * Puts something in the way of etcd where no data lies, so that it does not begin there. `below`: only where nothing is mounted, so that what is mounted later
	 * covers it. Throws FilesError.
	 */
	bar(path: string, below?: "below"): void;
	/** Takes it away. Throws FilesError. */
	unbar(path: string): void;
}
