import type { Facts, Mac } from "@rollcall/protocol";

/** What tells a machine from others, as far as it can be believed. */
export interface Evidence {
	/** SMBIOS UUID, lower case, when it is plausible. */
	readonly uuid: string | undefined;
	/** System serial number, when it is plausible. */
	readonly serial: string | undefined;
	/** Permanent MACs, sorted, each once. */
	readonly macs: readonly Mac[];
}

/** UUIDs that vendors left in their firmware by the thousand. */
const JUNK_UUIDS = [
	"03000200-0400-0500-0006-000700080009",
	"00020003-0004-0005-0006-000700080009",
	"12345678-1234-5678-90ab-cddeefaabbcc",
	"12345678-1234-1234-1234-123456789abc",
	"12345678-1234-1234-1234-123456789012",
	"00112233-4455-6677-8899-aabbccddeeff",
	"01234567-89ab-cdef-0123-456789abcdef",
	"4c4c4544-0000-2010-8020-80c04f202020",
	"4c4c4544-0000-1010-8010-80c04f202020",
];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Texts that firmware carries where nobody filled in a serial number. */
const JUNK_SERIAL =
	/^(?:(.)\1*|0?123456789\d*|none|null|n\/?a|unknown|invalid|empty|not (?:specified|available|applicable|present|set)|(?:to be filled|system serial|default string|serial|chassis|base board|o\.?e\.?m).*)$/;

/** The evidence in a machine's facts. */
export function evidenceOf(facts: Facts): Evidence {
	const macs = new Set(facts.nics.map(({ mac }) => mac).filter(isPlausibleMac));
	return {
		uuid: plausibleUuid(facts.smbios.uuid),
		serial: plausibleSerial(facts.smbios.serial),
		macs: [...macs].sort(),
	};
}

/** The UUID in lower case, or undefined when it cannot name one machine: malformed, of one digit only, or known junk. */
export function plausibleUuid(text: string | undefined): string | undefined {
	const uuid = text?.trim().toLowerCase();
	if (!uuid || !UUID.test(uuid)) return undefined;
	const digits = uuid.replaceAll("-", "");
	// Two kinds of digits at most (0303..., fefe...) are a filler, not a number.
	if (new Set(digits).size <= 2 || JUNK_UUIDS.includes(uuid) || uuid.startsWith("12345678-1234-")) return undefined;
	return uuid;
}

function plausibleSerial(text: string | undefined): string | undefined {
	const serial = text?.trim().toLowerCase();
	return serial && serial.length >= 3 && !JUNK_SERIAL.test(serial) ? serial : undefined;
}

/** Neither all zero nor a group address (IEEE 802: the lowest bit of the first octet). */
function isPlausibleMac(mac: Mac): boolean {
	return mac !== "00:00:00:00:00:00" && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;
}
