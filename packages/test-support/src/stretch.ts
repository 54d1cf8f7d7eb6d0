/** The environment variable that makes tests more patient: each deadline takes so many times as long. */
export const STRETCH_VARIABLE = "ROLLCALL_TEST_STRETCH";

/** A time in milliseconds, times what the environment says; at most 2^31-1, which is the most that a timer takes. */
export function stretched(ms: number): number {
	return Math.min(ms * factorOf(process.env[STRETCH_VARIABLE]), 2 ** 31 - 1);
}

/** A time in whole seconds, as documents and configurations take it, times the same. */
export function stretchedSeconds(seconds: number): number {
	return Math.ceil(stretched(seconds * 1000) / 1000);
}

/** For requests to NATS and its JetStream: without it the client waits a second for an answer. */
export const ON_THE_BUS = { timeout: stretched(20_000) } as const;

/** The factor in such a variable's text: 1 where there is none. Throws an Error for what is no number from 1 to 100. */
export function factorOf(text: string | undefined): number {
	if (text === undefined || text === "") return 1;
	const factor = Number(text);
	if (factor >= 1 && factor <= 100) return factor;
	throw new Error(`${STRETCH_VARIABLE} is "${text}"; give a number from 1 to 100, such as 3 on a busy computer`);
}
