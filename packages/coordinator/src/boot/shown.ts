/** A value as errors quote it: JSON, cut after 80 characters. */
export function shown(value: string): string {
	return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}
