import { type Disk, nodeDisk } from "../../src/adapters/files/disk.ts";

/** The operations that change something. */
const CHANGING = new Set(["create", "sync", "rename", "link", "unlink", "makeFolder", "removeFolder"]);

/**
 * The real disk, but its `failAt`-th changing operation (from 1) throws. `dead`: every operation after it throws too, as if
 * the agent had been killed there; else only that one.
 */
export function createFaultyDisk(fault: {
	failAt: number;
	code: string;
	dead: boolean;
}): Disk & { readonly count: () => number; readonly died: () => boolean } {
	let count = 0;
	let died = false;
	const broken = () => Object.assign(new Error(`${fault.code}: injected`), { code: fault.code });
	const wrapped = Object.fromEntries(
		Object.entries(nodeDisk).map(([name, operation]) => [
			name,
			(...args: never[]) => {
				if (died) throw broken();
				if (CHANGING.has(name) && ++count === fault.failAt) {
					died = fault.dead;
					throw broken();
				}
				return (operation as (...args: never[]) => unknown)(...args);
			},
		]),
	) as unknown as Disk;
	return { ...wrapped, count: () => count, died: () => died };
}
