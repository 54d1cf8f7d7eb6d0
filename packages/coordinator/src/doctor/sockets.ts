import { readdir, readFile, readlink } from "node:fs/promises";

/** A socket of this computer that waits for others: of TCP one that listens, of UDP one that is bound. */
export interface OpenSocket {
	readonly protocol: "tcp" | "udp";
	/** As text; `0.0.0.0` and `::` are all addresses. */
	readonly address: string;
	readonly port: number;
	/** Whose it is; undefined where that cannot be seen without the rights of root. */
	readonly holder?: { readonly pid: number; readonly name: string };
}

/** TCP_LISTEN of <net/tcp_states.h>; UDP sockets that are bound are in state 7. */
const WAITING = { tcp: "0A", udp: "07" } as const;

/** All such sockets, from /proc/net (proc_net(5)); none where there is no /proc. */
export async function openSockets(): Promise<OpenSocket[]> {
	const found: { socket: OpenSocket; inode: string }[] = [];
	for (const [protocol, file] of [
		["tcp", "tcp"],
		["tcp", "tcp6"],
		["udp", "udp"],
		["udp", "udp6"],
	] as const) {
		const table = await readFile(`/proc/net/${file}`, "utf8").catch(() => "");
		for (const line of table.split("\n").slice(1)) {
			const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
			if (state !== WAITING[protocol]) continue;
			const [hex = "", port = ""] = local.split(":");
			found.push({ socket: { protocol, address: addressOf(hex), port: Number.parseInt(port, 16) }, inode });
		}
	}
	const holders = await holdersOf(new Set(found.map(({ inode }) => inode)));
	return found.map(({ socket, inode }) => {
		const holder = holders.get(inode);
		return holder ? { ...socket, holder } : socket;
	});
}

/** The kernel writes addresses as 32-bit words of this computer's own byte order; all that run this are little-endian. */
function addressOf(hex: string): string {
	const words = (hex.match(/.{8}/g) ?? []).map((word) => Buffer.from(word, "hex").reverse());
	const bytes = Buffer.concat(words);
	if (bytes.length === 4) return [...bytes].join(".");
	const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
	return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

async function holdersOf(inodes: ReadonlySet<string>): Promise<Map<string, { pid: number; name: string }>> {
	const holders = new Map<string, { pid: number; name: string }>();
	const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
	for (const pid of pids) {
		for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
			const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
			const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
			if (inode === undefined || !inodes.has(inode)) continue;
			const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "?");
			holders.set(inode, { pid: Number(pid), name: name.trim() });
		}
	}
	return holders;
}
