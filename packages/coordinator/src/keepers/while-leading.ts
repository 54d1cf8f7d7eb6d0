import type { Core } from "../ports/core.ts";

/**
 * The same port, which asks before each of these calls whether this coordinator still leads, in the term in which the work began. One that does
 * not, or leads again since, throws an Error and leaves the world as it is: a look takes minutes, and a lead may end within it.
 */
export function whileLeading<T extends object>(port: T, core: Pick<Core, "leadership">, acts: readonly (keyof T)[]): T {
	const { term } = core.leadership();
	const guarded = new Set<PropertyKey>(acts);
	return new Proxy(port, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name);
			if (typeof value !== "function") return value;
			if (!guarded.has(name)) return value.bind(target);
			return async (...given: unknown[]) => {
				const now = core.leadership();
				if (!now.leads || now.term !== term)
					throw new Error(
						"this coordinator does not lead any more, or anew since: what it began is left to whoever leads",
					);
				return await value.apply(target, given);
			};
		},
	});
}
