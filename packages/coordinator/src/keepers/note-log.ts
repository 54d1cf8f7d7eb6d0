/** `origin`: names the log that is followed now. `save` writes it down. */
export interface NoteLogParts {
	readonly origin: () => string | undefined;
	readonly save: (origin: string) => Promise<void>;
	readonly onTrouble: (error: unknown) => void;
}

/**
 * What to call on every event: notes which log is followed, once for each log. Also one that another coordinator leads, since
 * whoever begins anew must know that there was one.
 */
export function noteLog({ origin, save, onTrouble }: NoteLogParts): () => void {
	let noted: string | undefined;
	return () => {
		const now = origin();
		if (now === noted || now === undefined) return;
		noted = now;
		void save(now).catch(onTrouble);
	};
}
