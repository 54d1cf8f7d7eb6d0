import { LeadOver } from "../errors.ts";
import type { Core } from "../ports/core.ts";

/** Throws LeadOver, whenever it is called, unless this coordinator may still act in the term in which it was asked for this. */
export function leadOf(core: Pick<Core, "actsIn">): () => void {
	const term = core.actsIn();
	return () => {
		const now = core.actsIn();
		if (now === undefined || now !== term)
			throw new LeadOver(
				"this coordinator does not lead any more, or anew since: what it began is left to whoever leads",
			);
	};
}

/**
 * The same port, which asks before each of these calls whether this coordinator may still act, in the term in which the work began. One that may
 * not, or leads again since, throws LeadOver and leaves the world as it is: a look takes minutes, and a lead may end within it.
 */
export function whileLeading<T extends object>(port: T, core: Pick<Core, "actsIn">, acts: readonly (keyof T)[]): T {
	const stillLeads = leadOf(core);
	const guarded = new Set<PropertyKey>(acts);
	return new Proxy(port, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name);
			if (typeof value !== "function") return value;
			if (!guarded.has(name)) return value.bind(target);
			return async (...given: unknown[]) => {
				stillLeads();
				return await value.apply(target, given);
			};
		},
	});
}
