import { createHash } from "node:crypto";
import { createUserKey } from "@rollcall/agent";
import { type BootId, type Facts, type Health, normalizeMac, UserPublicKey } from "@rollcall/protocol";

const GIB = 1024 ** 3;

/** What a machine of the benchmark looks like: a usual lab computer with two cards. Everything follows from its number. */
export function factsOf(number: number): Facts {
	const hex = createHash("sha256").update(`bench ${number}`).digest("hex");
	const uuid = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)];
	const address = `172.${16 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
	const mac = (card: number) => normalizeMac(`02${hex.slice(40, 48)}0${card}`) ?? ("" as never);
	return {
		bootId:
			`${hex.slice(32, 40)}-${hex.slice(40, 44)}-4${hex.slice(45, 48)}-9${hex.slice(49, 52)}-${hex.slice(52, 64)}` as BootId,
		hostname: `lab-${number}`,
		smbios: { uuid: uuid.join("-"), serial: hex.slice(0, 10).toUpperCase(), vendor: "Example", product: "Desk 7" },
		cpu: { count: 4, model: "Example CPU at 3.4 GHz", arch: "x64" },
		memory: { totalBytes: 8 * GIB, availableBytes: 7 * GIB },
		nics: [
			{ name: "eth0", mac: mac(0), up: true, addresses: [`${address}/12`] },
			{ name: "eth1", mac: mac(1), up: false, addresses: [] },
		],
		defaultRoute: { nic: "eth0", gateway: "172.31.0.1" },
		routes: [{ destination: "172.16.0.0/12", nic: "eth0" }],
		dns: { servers: ["172.31.0.2", "172.31.0.3"], search: ["lab.example"] },
		os: { id: "debian", version: "12", name: "Debian GNU/Linux 12 (bookworm)" },
		kernel: "6.1.0-28-amd64",
		cgroupVersion: 2,
		tmpfs: [
			{ path: "/", totalBytes: 4 * GIB, freeBytes: 3 * GIB },
			{ path: "/run", totalBytes: GIB, freeBytes: GIB },
		],
		agentVersion: "0.1.0",
		rehearsal: true,
	};
}

/** A key as an agent makes one. */
export function newKey(): { readonly seed: string; readonly publicKey: UserPublicKey } {
	const { seed, publicKey } = createUserKey();
	return { seed, publicKey: UserPublicKey.parse(publicKey) };
}

/** What a healthy worker reports. */
export const HEALTHY: Health = [
	{ component: "containerd", healthy: true },
	{ component: "kubelet", healthy: true },
];
