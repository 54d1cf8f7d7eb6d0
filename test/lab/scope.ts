import type { Scope } from "@rollcall/test-support/own-folder";

/** A scope that is ended by hand: what several tests share, or a command. */
export interface OwnScope extends Scope {
	/** Ends everything, the newest first; one that fails does not keep the others from it. Throws the first failure. */
	end(): Promise<void>;
}

/** A scope in which nothing was begun yet. */
export function createScope(): OwnScope {
	const ends: (() => unknown)[] = [];
	return {
		teardown: (end) => {
			ends.push(end);
		},
		end: async () => {
			const failures: unknown[] = [];
			for (const end of ends.splice(0).reverse()) {
				try {
					await end();
				} catch (error) {
					failures.push(error);
				}
			}
			if (failures.length > 0) throw failures[0];
		},
	};
}
