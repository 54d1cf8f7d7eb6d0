import { type Disk, nodeDisk } from "../../src/adapters/files/disk.ts";

/** What needs room: of the disk, and of the agent's memory, which is files of its own. */
const WRITES = new Set([
	...["create", "link", "makeFolder"],
	...["saveNext", "saveLedger", "saveCredentials", "saveEtcd", "saveIdentity", "savePodNetwork"],
]);

/** A disk that gets full at some write, and stays so until there is room. */
export interface FullDisk {
	readonly disk: Disk;
	/** The same port, on that disk. */
	wrap<T extends object>(port: T): T;
	/** It is full from so many writes on, the next one being the first. */
	fillAt(write: number): void;
	isFull(): boolean;
	room(): void;
}

export function createFullDisk(): FullDisk {
	let left = Number.POSITIVE_INFINITY;
	function wrap<T extends object>(port: T): T {
		return new Proxy(port, {
			get(target, name) {
				const operation = Reflect.get(target, name);
				if (typeof operation !== "function" || !WRITES.has(String(name))) return operation;
				return (...args: unknown[]) => {
					if (args[0] !== undefined && --left < 1)
						throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
					return operation.apply(target, args);
				};
			},
		});
	}
	return {
		disk: wrap(nodeDisk),
		wrap,
		fillAt(write) {
			left = write;
		},
		isFull: () => left < 1,
		room() {
			left = Number.POSITIVE_INFINITY;
		},
	};
}
