/** True when two reasons say the same. Numbers in them change all the time (ports, seconds, tries) and are no news. */
export function sameWords(a: string | undefined, b: string | undefined): boolean {
	return a?.replaceAll(/\d+/g, "#") === b?.replaceAll(/\d+/g, "#");
}
