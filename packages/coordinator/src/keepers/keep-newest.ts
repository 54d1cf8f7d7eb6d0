/** `newest`: the value that counts now; undefined while that is not certain. `keep` writes it down. */
export interface KeepNewestParts<T extends object | string> {
	readonly newest: () => T | undefined;
	readonly keep: (value: T) => Promise<void>;
	readonly onTrouble: (error: unknown) => void;
}

/**
 * What to call on every event: writes the newest value down where it is another one than was written last, the first time in any case: what
 * lies there may be damaged, gone, or of before. One write after the other, so that an older value never comes last. A failure is told once, and tried again with
 * the next event.
 */
export function newestKeeper<T extends object | string>({ newest, keep, onTrouble }: KeepNewestParts<T>): () => void {
	let kept: T | undefined;
	let isBusy = false;
	let isTold = false;
	async function write(value: T): Promise<void> {
		try {
			await keep(value);
			kept = value;
			isTold = false;
		} catch (error) {
			isBusy = false;
			if (!isTold) onTrouble(error);
			isTold = true;
			return;
		}
		isBusy = false;
		look();
	}
	function look(): void {
		const now = newest();
		if (isBusy || now === undefined || now === kept) return;
		isBusy = true;
		void write(now);
	}
	return look;
}
