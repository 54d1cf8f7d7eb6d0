import type { Facts } from "@rollcall/protocol";

/** Facts of an ordinary machine with 8 GiB, without a NIC or a name in its firmware, and whatever is given in place of that. */
export function machineFacts(changed: Pick<Facts, "bootId"> & Partial<Facts>): Facts {
	return {
		hostname: "pc",
		smbios: {},
		cpu: { count: 4, model: "Example CPU", arch: "x64" },
		memory: { totalBytes: 8 * 1024 ** 3, availableBytes: 7 * 1024 ** 3 },
		nics: [],
		routes: [],
		dns: { servers: [], search: [] },
		os: { id: "debian", version: "12", name: "Debian" },
		kernel: "6.1",
		cgroupVersion: 2,
		tmpfs: [],
		agentVersion: "0.1.0",
		rehearsal: true,
		...changed,
	};
}
