/** Hears what throws while something is decided, with the words for what is not decided so. */
export type OnFault = (what: string, error: unknown) => void;

/** What a part of a decision comes to; `otherwise` where it throws, which is told. Without somebody to tell it is thrown on. */
export function contain<T>(onFault: OnFault | undefined, what: string, part: () => T, otherwise: T): T {
	if (!onFault) return part();
	try {
		return part();
	} catch (error) {
		onFault(what, error);
		return otherwise;
	}
}
