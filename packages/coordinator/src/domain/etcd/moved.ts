/** Why a member gets no target whose address changed while its boot went on. */
export function movedText(before: string, now: string): string {
	return (
		`its address was ${before} when this boot became a member of etcd, where the others look for it, and is ${now} now; ` +
		"give it that address again, or boot it anew: what it runs goes on until then"
	);
}
