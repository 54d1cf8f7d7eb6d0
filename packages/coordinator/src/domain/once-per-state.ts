import type { Fleet } from "./fleet.ts";

/** Finds something out once for each state: states are immutable, and of one many decisions ask the same. */
export function oncePerState<T>(find: (fleet: Fleet) => T): (fleet: Fleet) => T {
	const found = new WeakMap<Fleet, { readonly value: T }>();
	return (fleet) => {
		const known = found.get(fleet);
		if (known) return known.value;
		const value = find(fleet);
		found.set(fleet, { value });
		return value;
	};
}
