import { BOOT_REQUEST_LIMITS, BootLabelKey, BootLabelValue, type BootRequest, normalizeMac } from "@rollcall/protocol";

/** A boot URL's query: what the machine says of itself, and what we gave it along. */
export interface BootQuery {
	readonly request: BootRequest;
	/** The one-time token of this boot. */
	readonly token?: string;
	/** The menu entry that was chosen. */
	readonly menu?: string;
}

/** Architectures by the names that firmware sends. A Map, because the name is not trusted: an object would find a function under `constructor`. */
const ARCHITECTURES: ReadonlyMap<string, "x64" | "arm64"> = new Map([
	// A 32-bit iPXE on a BIOS machine says i386, whatever the processor can do.
	["i386", "x64"],
	["x86_64", "x64"],
	["amd64", "x64"],
	["x64", "x64"],
	["arm64", "arm64"],
	["aarch64", "arm64"],
]);
/** Names of the query that rollcall itself puts there. `format` makes a URL end in a file name that Alpine understands. */
const OWN = new Set(["token", "menu", "format"]);
/** What a machine is known by. These are kept where there is too much. */
const FIRST = new Set(["mac", "uuid", "buildarch", "arch"]);

/**
 * Reads the query of a boot URL as matchbox does: the first value of a name counts, empty ones are left out, a MAC in any
 * notation is brought to ours, one that is none is left out. What else cannot be a label is left out too: firmware holds
 * control characters, a setting that nobody filled in stays `${...}`, and neither is a reason not to boot.
 */
export function parseBootQuery(pairs: Iterable<readonly [string, string]>): BootQuery {
	const all = new Map<string, string>();
	for (const [key, value] of pairs) if (value !== "" && !all.has(key)) all.set(key, value);
	const labels: [string, string][] = [];
	for (const [key, value] of all) {
		if (OWN.has(key)) continue;
		const own = key.toLowerCase() === "mac" ? normalizeMac(value) : key === "uuid" ? value.toLowerCase() : value;
		if (own !== undefined && isLabel(key, own)) labels.push([key, own]);
	}
	const isFirst = ([key]: [string, string]): boolean => FIRST.has(key.toLowerCase());
	labels.sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
	const kept = labels.slice(0, BOOT_REQUEST_LIMITS.labels);
	const byName = new Map(kept.map(([key, value]) => [key.toLowerCase(), value]));
	const uuid = byName.get("uuid");
	const mac = normalizeMac(byName.get("mac") ?? "");
	const arch = (byName.get("buildarch") ?? byName.get("arch"))?.toLowerCase();
	const [token, menu] = [all.get("token"), all.get("menu")];
	return {
		request: {
			labels: Object.fromEntries(kept),
			...(mac ? { mac } : {}),
			...(uuid && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) ? { uuid } : {}),
			...(arch === undefined ? {} : { arch: ARCHITECTURES.get(arch) ?? "other" }),
		},
		...(token ? { token } : {}),
		...(menu ? { menu } : {}),
	};
}

function isLabel(key: string, value: string): boolean {
	if (/\$\{[^}]*\}/.test(value)) return false;
	return BootLabelKey.safeParse(key).success && BootLabelValue.safeParse(value).success;
}
