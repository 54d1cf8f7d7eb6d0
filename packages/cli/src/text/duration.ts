const UNITS: readonly (readonly [string, number])[] = [
	["d", 86_400],
	["h", 3600],
	["m", 60],
	["s", 1],
];

/** A length of time in milliseconds in at most two units: `4s`, `2m10s`, `3h`, `2d4h`. From 10 of a unit on, only that one. */
export function durationText(milliseconds: number): string {
	const seconds = Math.max(0, Math.floor(milliseconds / 1000));
	for (const [index, [unit, size]] of UNITS.entries()) {
		if (seconds < size) continue;
		const whole = Math.floor(seconds / size);
		const next = UNITS[index + 1];
		const rest = next && whole < 10 ? Math.floor((seconds - whole * size) / next[1]) : 0;
		return rest > 0 && next ? `${whole}${unit}${rest}${next[0]}` : `${whole}${unit}`;
	}
	return "0s";
}

/** How long ago an ISO 8601 time was, as `durationText`; the text itself where it is no time. */
export function ago(iso: string, now: number): string {
	const at = Date.parse(iso);
	return Number.isNaN(at) ? iso : durationText(now - at);
}

/** Local time of day, `14:03:07`, of milliseconds since 1970. */
export function timeOfDay(at: number): string {
	const time = new Date(at);
	return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Reads `90`, `90s`, `10m`, `2h`, `7d` as seconds; undefined when it is none of these. */
export function parseSeconds(text: string): number | undefined {
	const match = /^(\d{1,9})(s|m|h|d)?$/.exec(text.trim());
	if (!match) return undefined;
	const size = UNITS.find(([unit]) => unit === (match[2] ?? "s"))?.[1] ?? 1;
	return Number(match[1]) * size;
}
