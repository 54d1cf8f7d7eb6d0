/**
 * What an object has itself under a name that comes from elsewhere. Every object inherits `constructor`, `toString` and the like:
 * asked for with `[name]`, they are found although nobody wrote them.
 */
export function ownValue<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
	return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
