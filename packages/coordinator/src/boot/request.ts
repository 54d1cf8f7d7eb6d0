import { BootRequest, check, type Decoded, normalizeMac } from "@rollcall/protocol";

/** A boot URL's query: what the machine says of itself, and what we gave it along. */
export interface BootQuery {
	readonly request: BootRequest;
	/** The one-time token of this boot. */
	readonly token?: string;
	/** The menu entry that was chosen. */
	readonly menu?: string;
}

const ARCHITECTURES: Readonly<Record<string, "x64" | "arm64">> = {
	// A 32-bit iPXE on a BIOS machine says i386, whatever the processor can do.
	i386: "x64",
	x86_64: "x64",
	amd64: "x64",
	x64: "x64",
	arm64: "arm64",
	aarch64: "arm64",
};
/** Ours; `format` only makes a URL end in a file name that Alpine understands. */
const OWN = new Set(["token", "menu", "format"]);

/**
 * Reads the query of a boot URL as matchbox does: the first value of a name counts, empty ones are left out, a MAC in any
 * notation is brought to ours, one that is none is left out. Refuses control characters and what is too long.
 */
export function parseBootQuery(pairs: Iterable<readonly [string, string]>): Decoded<BootQuery> {
	const all = new Map<string, string>();
	for (const [key, value] of pairs) if (value !== "" && !all.has(key)) all.set(key, value);
	const labels: [string, string][] = [];
	for (const [key, value] of all) {
		if (OWN.has(key)) continue;
		const own = key.toLowerCase() === "mac" ? normalizeMac(value) : key === "uuid" ? value.toLowerCase() : value;
		if (own !== undefined) labels.push([key, own]);
	}
	const byName = new Map(labels.map(([key, value]) => [key.toLowerCase(), value]));
	const uuid = byName.get("uuid");
	const arch = ARCHITECTURES[byName.get("buildarch") ?? byName.get("arch") ?? ""];
	const checked = check(
		BootRequest,
		{
			labels: Object.fromEntries(labels),
			mac: byName.get("mac"),
			...(uuid && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) ? { uuid } : {}),
			...(arch ? { arch } : {}),
		},
		"boot request",
	);
	if (!checked.ok) return checked;
	const [token, menu] = [all.get("token"), all.get("menu")];
	return { ok: true, value: { request: checked.value, ...(token ? { token } : {}), ...(menu ? { menu } : {}) } };
}
