import { type Disk, nodeDisk } from "../../src/adapters/files/disk.ts";

/** The operations that change something: of the disk, of the agent's memory, of units. */
const CHANGING = new Set([
	...["create", "sync", "rename", "link", "unlink", "makeFolder", "removeFolder"],
	...["saveNext", "saveLedger", "saveCredentials", "saveEtcd", "promote", "forget"],
	...["reload", "start", "restart", "stop"],
]);

/** The `failAt`-th changing operation (from 1) throws. `dead`: every operation after it throws too, as if the agent had been killed there. */
export interface Fault {
	readonly failAt: number;
	readonly code: string;
	readonly dead: boolean;
}

/** One fault over several ports. */
export interface Faulty {
	readonly disk: Disk;
	/** The same port, with its changing operations counted and failing too. */
	wrap<T extends object>(port: T): T;
	/** Changing operations so far. */
	count(): number;
}

export function createFault(fault: Fault): Faulty {
	let count = 0;
	let died = false;
	const broken = () => Object.assign(new Error(`${fault.code}: injected`), { code: fault.code });
	function wrap<T extends object>(port: T): T {
		return new Proxy(port, {
			get(target, name) {
				const operation = Reflect.get(target, name);
				if (typeof operation !== "function") return operation;
				return (...args: unknown[]) => {
					if (died) throw broken();
					if (CHANGING.has(String(name)) && ++count === fault.failAt) {
						died = fault.dead;
						throw broken();
					}
					return operation.apply(target, args);
				};
			},
		});
	}
	return { disk: wrap(nodeDisk), wrap, count: () => count };
}
