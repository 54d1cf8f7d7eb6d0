/** Finds something out once for each object, such as a state or a document: they are immutable, and of one many ask the same. */
export function oncePer<K extends object, T>(find: (key: K) => T): (key: K) => T {
	const found = new WeakMap<K, { readonly value: T }>();
	return (key) => {
		const known = found.get(key);
		if (known) return known.value;
		const value = find(key);
		found.set(key, { value });
		return value;
	};
}
