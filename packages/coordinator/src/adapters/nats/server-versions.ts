/** A version of nats-server: major, minor, patch. */
export type ServerVersion = readonly [number, number, number];

/** Older servers lack `sync_interval`, without which an acknowledged event can be lost with the power. */
const OLDEST = [2, 10] as const;
/**
 * From which patch on a line has all fixes that its makers published; lines that are not here get none any more, and newer ones have them.
 * From https://advisories.nats.io, 2026-26 (fixed in 2.12.12 and 2.14.3), which comes after 2026-16 and 2026-18 (2.12.7, 2.14.0).
 */
const PATCHED: Readonly<Record<string, number>> = { "2.12": 12, "2.14": 3 };
/** What to install, for people. */
export const PATCHED_VERSIONS = `${Object.entries(PATCHED)
	.map(([line, patch]) => `${line}.${patch}`)
	.join(", ")} or newer`;
/** The newest line of the table. */
const NEWEST = [2, 14] as const;

/** Why a server is not used; undefined: it may be. */
export function tooOld([major, minor]: ServerVersion): string | undefined {
	const isEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
	return isEnough ? undefined : "too old";
}

/** What is known to be wrong with a server that is used all the same, with the next step; undefined: nothing. */
export function unpatched(version: ServerVersion): string | undefined {
	const [major, minor, patch] = version;
	if (major > NEWEST[0] || (major === NEWEST[0] && minor > NEWEST[1])) return undefined;
	const from = PATCHED[`${major}.${minor}`];
	if (from !== undefined && patch >= from) return undefined;
	const why = from === undefined ? "its line gets no fixes any more" : `${major}.${minor}.${from} mends what is known`;
	return `nats-server ${version.join(".")} has published security holes (${why}, advisories.nats.io); use ${PATCHED_VERSIONS} (ROLLCALL_NATS_SERVER names the program)`;
}

/** The version that a server tells of itself, in `nats-server: v2.15.1` or in its greeting; undefined when there is none. */
export function versionIn(text: string): ServerVersion | undefined {
	const numbers = /v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(text);
	return numbers ? [Number(numbers[1]), Number(numbers[2]), Number(numbers[3])] : undefined;
}
