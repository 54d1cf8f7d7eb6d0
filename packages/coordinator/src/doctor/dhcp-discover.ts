import { randomBytes, randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { type DhcpMessage, decodeDhcp, encodeDhcp } from "./dhcp-message.ts";

/** Who asks, as machines do: firmware of a PC, firmware with UEFI, and iPXE once it runs. */
const DHCP_CLIENTS = ["BIOS", "UEFI", "iPXE"] as const;
export type DhcpClient = (typeof DHCP_CLIENTS)[number];

/** One server's offer to one of them. */
export interface DhcpOffer {
	readonly to: DhcpClient;
	/** What the server calls itself (option 54), else where the offer came from. */
	readonly server: string;
	/** Undefined where it offers none, as a proxy. */
	readonly address?: string;
	/** What to load; empty where it says nothing. */
	readonly file: string;
	/** From which TFTP server. */
	readonly nextServer: string;
	/** True where it is one of PXE's (2.1, 2.4): firmware then asks that server's port 4011 what to load. */
	readonly leadsOn: boolean;
}

/** A server looks for two or three seconds whether an address is in use before it offers it. */
const LISTEN_MS = 6_000;
const AGAIN_AFTER_MS = 2_000;
const MOST_OFFERS = 32;
const [MESSAGE_TYPE, WANTED, SERVER, CLASS, USER_CLASS, VENDOR] = [53, 55, 54, 60, 77, 43];
const [ARCH, NIC, UUID, IPXE] = [93, 94, 97, 175];
const OFFER = 2;
/** RFC 4578: PC BIOS, and UEFI on x86-64. */
const ARCHITECTURE: Readonly<Record<DhcpClient, number>> = { BIOS: 0, UEFI: 7, iPXE: 0 };

/**
 * Asks for an address by broadcast as machines that boot do, twice in six seconds, and takes none: all offers that came. `address`: this
 * computer's address on the network that is asked. Throws the system's error where port 68 cannot be had.
 */
export async function discoverDhcp(address: string, hear: number = LISTEN_MS): Promise<DhcpOffer[]> {
	// Answers to all (255.255.255.255) reach only a socket that is bound to no address; what such a one sends goes the default route's way.
	const ear = await bound(undefined);
	const mouth = await bound(address).catch((error: unknown) => {
		ear.close();
		throw error;
	});
	const offers = new Map<string, DhcpOffer>();
	// Locally administered, so that it is no real machine's; the same for all three, so that one address at most is kept for it.
	const mac = ["02", ...(randomBytes(5).toString("hex").match(/../g) ?? [])].join(":");
	const first = randomInt(1, 2 ** 31);
	ear.on("message", (bytes, { address: from }) => {
		const read = decodeDhcp(bytes);
		const to = read && DHCP_CLIENTS[read.xid - first];
		if (!read || !to || read.options.get(MESSAGE_TYPE)?.[0] !== OFFER || offers.size >= MOST_OFFERS) return;
		const offer = offerOf(read, to, from);
		offers.set(`${to} ${offer.server}`, offer);
	});
	try {
		for (let left = hear; left > 0; left -= AGAIN_AFTER_MS) {
			DHCP_CLIENTS.forEach((client, index) => {
				mouth.send(encodeDhcp(question(client, first + index, mac)), 67, "255.255.255.255", () => undefined);
			});
			await new Promise((resolve) => setTimeout(resolve, Math.min(left, AGAIN_AFTER_MS)));
		}
	} finally {
		ear.close();
		mouth.close();
	}
	return [...offers.values()];
}

function offerOf(read: DhcpMessage, to: DhcpClient, from: string): DhcpOffer {
	const named = read.options.get(SERVER);
	const address = read.yourAddress === "0.0.0.0" ? undefined : read.yourAddress;
	return {
		to,
		server: named?.length === 4 ? [...named].join(".") : from,
		file: read.file ?? "",
		nextServer: read.nextServer ?? "",
		leadsOn: read.options.has(VENDOR) || read.options.get(CLASS)?.toString("latin1") === "PXEClient",
		...(address === undefined ? {} : { address }),
	};
}

function question(client: DhcpClient, xid: number, mac: string): DhcpMessage {
	const arch = ARCHITECTURE[client];
	const text = `PXEClient:Arch:${String(arch).padStart(5, "0")}:UNDI:002001`;
	const options = new Map<number, Buffer>([
		[MESSAGE_TYPE, Buffer.from([1])],
		[WANTED, Buffer.from([1, 3, 6, 43, 60, 66, 67, 128])],
		[CLASS, Buffer.from(text)],
		[ARCH, Buffer.from([0, arch])],
		[NIC, Buffer.from([1, 2, 1])],
		[UUID, Buffer.concat([Buffer.from([0]), Buffer.from(mac.replaceAll(":", "").padEnd(32, "0"), "hex")])],
	]);
	if (client === "iPXE") {
		options.set(USER_CLASS, Buffer.from("iPXE"));
		// iPXE says what it can do; the form is its own (ipxe.org/howto/dhcpd).
		options.set(IPXE, Buffer.from([177, 5, 1, 26, 244, 16, 0, 19, 1, 1]));
	}
	return { op: 1, xid, mac, options };
}

function bound(address: string | undefined): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = createSocket({ type: "udp4", reuseAddr: true });
		socket.once("error", (error) => {
			socket.close();
			reject(error);
		});
		socket.bind(68, address, () => {
			socket.setBroadcast(true);
			socket.removeAllListeners("error").on("error", () => undefined);
			resolve(socket);
		});
	});
}
