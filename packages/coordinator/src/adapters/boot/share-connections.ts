import type { Server } from "node:http";
import type { Socket } from "node:net";
import { remoteKey } from "../../rate/rate-limit.ts";

/** How many connections are open at once, of one address (IPv6: of one /64) and in all. */
export interface ConnectionLimits {
	readonly perAddress: number;
	readonly inAll: number;
}

export const CONNECTIONS: ConnectionLimits = { perAddress: 256, inAll: 8_192 };

/**
 * Bounds a listener's connections. Where there is no room, the newest connection of the address that has most is ended: one
 * with many keeps nobody out. One address above its share is closed at once.
 */
export function shareConnections(server: Server, limits: ConnectionLimits): void {
	const open = new Map<string, Set<Socket>>();
	let count = 0;
	server.on("connection", (socket: Socket) => {
		const key = remoteKey(socket.remoteAddress);
		const mine = open.get(key) ?? new Set();
		if (mine.size >= limits.perAddress) return void socket.destroy();
		if (count >= limits.inAll) newestOf(open)?.destroy();
		open.set(key, mine.add(socket));
		count += 1;
		socket.once("close", () => {
			count -= 1;
			mine.delete(socket);
			if (mine.size === 0 && open.get(key) === mine) open.delete(key);
		});
	});
}

function newestOf(open: ReadonlyMap<string, ReadonlySet<Socket>>): Socket | undefined {
	let most: ReadonlySet<Socket> | undefined;
	for (const sockets of open.values()) if (sockets.size > (most?.size ?? 0)) most = sockets;
	return most && [...most].at(-1);
}
