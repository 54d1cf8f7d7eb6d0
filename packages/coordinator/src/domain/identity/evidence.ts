import { type Facts, type Mac, macsOf, swappedUuid } from "@rollcall/protocol";

/** What tells a machine from others, as far as it can be believed. */
export interface Evidence {
	/** SMBIOS UUID, lower case, when it is plausible. */
	readonly uuid: string | undefined;
	/** System serial number, when it is plausible. */
	readonly serial: string | undefined;
	/** Permanent MACs, sorted, each once. */
	readonly macs: readonly Mac[];
	/** The endorsement key of the TPM, by its hash, which a boot of the machine proved to have. */
	readonly tpm?: string | undefined;
}

/** UUIDs that vendors left in the firmware of thousands of machines, besides those that only count up. */
const JUNK_UUIDS = [
	"12345678-1234-5678-90ab-cddeefaabbcc",
	"12345678-90ab-cdef-1234-567890abcdef",
	"4c4c4544-0000-2010-8020-80c04f202020",
	"4c4c4544-0000-1010-8010-80c04f202020",
];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Texts that firmware carries where nobody filled in a serial number. */
const JUNK_SERIAL =
	/^(?:(.)\1*|0?123456789\w*|none|null|n\/?a|unknown?|undefined|unset|invalid|empty|tbd|no (?:asset|serial|enclosure).*|not (?:specified|available|applicable|present|set)|(?:to be filled|system serial|\$?\(?default[ _]?string|serial|chassis|base board|o\.?e\.?m).*)$/;

/** The evidence in a machine's facts. */
export function evidenceOf(facts: Facts): Evidence {
	const macs = macsOf(facts).filter(isPlausibleMac);
	return {
		uuid: plausibleUuid(facts.smbios.uuid),
		serial: plausibleSerial(facts.smbios.serial),
		macs: macs.sort(),
	};
}

/** The UUID in lower case, or undefined when it cannot name one machine: malformed, of one digit only, counted up, or known junk. */
export function plausibleUuid(text: string | undefined): string | undefined {
	const uuid = text?.trim().toLowerCase();
	if (!uuid || !UUID.test(uuid)) return undefined;
	// Two kinds of digits at most (0303..., fefe...) are a filler, not a number.
	if (new Set(uuid.replaceAll("-", "")).size <= 2 || uuid.startsWith("12345678-1234-")) return undefined;
	return [uuid, swappedUuid(uuid)].some((one) => JUNK_UUIDS.includes(one) || isCountedUp(one)) ? undefined : uuid;
}

/** Like 0123..., 00 11 22..., 0002 0003 0004...: after the first, each digit, byte or word is the one before plus the same. */
function isCountedUp(uuid: string): boolean {
	const digits = uuid.replaceAll("-", "");
	return [1, 2, 4].some((width) => {
		const number = (index: number) => Number.parseInt(digits.slice(index * width, (index + 1) * width), 16);
		const step = (index: number) => (number(index) - number(index - 1) + 16 ** width) % 16 ** width;
		// The first step may be another one: 0000-0002-0003-0004. Ten thousand machines may be declared, so it ends early.
		const first = step(2);
		for (let index = 3; index < 32 / width; index++) if (step(index) !== first) return false;
		return true;
	});
}

function plausibleSerial(text: string | undefined): string | undefined {
	const serial = text?.trim().toLowerCase();
	return serial && serial.length >= 3 && !JUNK_SERIAL.test(serial) ? serial : undefined;
}

/** Neither all zero nor a group address (IEEE 802: the lowest bit of the first octet). */
export function isPlausibleMac(mac: Mac): boolean {
	return mac !== "00:00:00:00:00:00" && (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;
}
