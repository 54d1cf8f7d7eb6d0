/** Whether an input still does what the first one did. */
export type StillFails = (bytes: Uint8Array) => Promise<boolean>;

/** A smaller input that fails alike: pieces are taken out, half of it first, as long as it fails and tries are left. */
export async function shrink(input: Uint8Array, stillFails: StillFails, tries: number): Promise<Uint8Array> {
	let smallest = input;
	let left = tries;
	for (let size = Math.ceil(smallest.length / 2); size >= 1 && left > 0; ) {
		let isSmaller = false;
		for (let at = 0; at < smallest.length && left > 0; ) {
			const without = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
			left -= 1;
			if (await stillFails(without)) {
				smallest = without;
				isSmaller = true;
			} else at += size;
		}
		if (size === 1 && !isSmaller) break;
		size = isSmaller ? Math.min(size, Math.ceil(smallest.length / 2)) : Math.floor(size / 2);
		if (smallest.length === 0) break;
	}
	return smallest;
}
