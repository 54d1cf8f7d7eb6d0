/** This computer's monotonic clock in microseconds, which V8's profiles have, too. */
export function nowUs(): number {
	return Number(process.hrtime.bigint() / 1_000n);
}
