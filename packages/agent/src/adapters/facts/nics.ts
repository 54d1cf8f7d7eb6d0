import { Mac, type Nic, normalizeMac } from "@rollcall/protocol";
import type { Source } from "./read-text.ts";

const NET = "/sys/class/net";
const NOTHING = "00:00:00:00:00:00";

/** Addresses by interface name, in CIDR notation. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/**
 * The machine's network interfaces: real ones, and bonds, VLANs and bridges on top of real ones, because they carry the
 * addresses. Interfaces that containers and overlays bring do not count. Where the kernel shows no device at all (a
 * container, a rehearsal) everything but loopback counts.
 */
export function readNics(source: Source, addresses: Addresses): Nic[] {
	const names = source.names(NET).filter((name) => name !== "lo" && name.length <= 32);
	const real = names.filter((name) => isReal(source, name));
	const counted =
		real.length === 0 ? names : names.filter((name) => real.includes(name) || stacksOn(source, name, real));
	return counted.slice(0, 64).flatMap((name) => {
		const mac = permanentMac(source, name);
		if (mac === undefined) return [];
		const state = source.text(`${NET}/${name}/operstate`)?.trim();
		const up = state === "up" || (state === "unknown" && source.text(`${NET}/${name}/carrier`)?.trim() !== "0");
		const own = (addresses.get(name) ?? []).filter((address) => address.length <= 64).slice(0, 32);
		return [{ name, mac, up, addresses: own }];
	});
}

function isReal(source: Source, name: string): boolean {
	return source.names(`${NET}/${name}/device`).length > 0;
}

/** Bonds have `bonding`, bridges list their ports in `brif`, VLANs name their lower interface (`lower_<name>`). */
function stacksOn(source: Source, name: string, real: readonly string[]): boolean {
	const entries = source.names(`${NET}/${name}`);
	if (entries.includes("bonding")) return true;
	if (source.names(`${NET}/${name}/brif`).some((port) => real.includes(port))) return true;
	return (
		/^DEVTYPE=vlan$/m.test(source.text(`${NET}/${name}/uevent`) ?? "") &&
		entries.some((entry) => entry.startsWith("lower_"))
	);
}

/** The burnt-in MAC where the kernel tells it (a bond gives all its ports one address), else the present one. */
function permanentMac(source: Source, name: string): Mac | undefined {
	const candidates = [`${NET}/${name}/bonding_slave/perm_hwaddr`, `${NET}/${name}/address`];
	for (const path of candidates) {
		const mac = Mac.safeParse(normalizeMac(source.text(path) ?? ""));
		if (mac.success && mac.data !== NOTHING) return mac.data;
	}
	return undefined;
}
