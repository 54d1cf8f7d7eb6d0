/** How long to wait before trying again: doubles from `baseMs` up to `maxMs`. */
export interface BackoffRule {
	readonly baseMs: number;
	readonly maxMs: number;
}

/**
 * Milliseconds to wait before attempt number `attempt` (0: the first retry), with "equal jitter": half of the doubled base is
 * fixed, half is random, so that a fleet spreads out and nobody retries at once. `random` is in [0, 1). The result is at
 * least `baseMs / 2` and at most `maxMs`, for every input.
 */
export function backoff(rule: BackoffRule, attempt: number, random: number): number {
	const steps = Math.min(Math.max(0, Math.floor(attempt) || 0), 30);
	const whole = Math.min(rule.maxMs, rule.baseMs * 2 ** steps);
	return Math.round(whole / 2 + (whole / 2) * Math.min(Math.max(random, 0), 1));
}
