/**
 * What firmware, or iPXE, does to find out what to boot: DHCP, and where a proxy answers, PXE's boot server on port 4011. A program of
 * its own, since it runs in a network namespace: `node dhcp-client.ts WISH`, with the wish and the answer as JSON.
 */

import { createSocket, type Socket } from "node:dgram";
import { stretched } from "@rollcall/test-support/stretch";
import { type DhcpMessage, decodeDhcp, decodeOptions, encodeDhcp } from "../../../src/doctor/dhcp-message.ts";

/** Who asks. `arch`: the client architecture (RFC 4578). */
export interface Wish {
	readonly mac: string;
	readonly arch: number;
	readonly ipxe: boolean;
	/** Its address, for PXE's boot server. */
	readonly address: string;
}

/** What it is told. */
export interface Told {
	/** The address that was offered; 0.0.0.0 by a proxy. */
	readonly address: string;
	/** What to load, and from which TFTP server. */
	readonly file: string;
	readonly server: string;
	/** The vendor class that the server says (option 60). */
	readonly vendorClass: string;
	/** True when it had to ask on port 4011. */
	readonly asked4011: boolean;
}

/** Architectures that boot by HTTP. */
const HTTP = new Set([15, 16, 18, 19]);
const U_BOOT = 22;
const WAIT_MS = 5_000;
const [MESSAGE_TYPE, CLASS, ARCH, NIC, UUID, USER_CLASS, VENDOR, IPXE] = [53, 60, 93, 94, 97, 77, 43, 175];

async function boot(wish: Wish): Promise<Told> {
	const socket = createSocket("udp4");
	await new Promise<void>((resolve) => socket.bind(68, resolve));
	socket.setBroadcast(true);
	try {
		const offer = await ask(socket, message(wish, 1), { port: 67, address: "255.255.255.255" });
		const vendorClass = offer.options.get(CLASS)?.toString("latin1") ?? "";
		const { yourAddress: address = "", file = "", nextServer: server = "" } = offer;
		const told = { address, file, server, vendorClass };
		if (told.file !== "") return { ...told, asked4011: false };
		// A menu of boot servers (PXE 2.1, 2.4.5): its first item is asked for.
		const menu = decodeOptions(offer.options.get(VENDOR) ?? Buffer.alloc(0)).get(9);
		const item = menu ? Buffer.from([71, 4, menu[0] ?? 0, menu[1] ?? 0, 0, 0, 255]) : undefined;
		const menuServer = offer.options.get(54);
		if (!menuServer) throw new Error("the offer names no server");
		const request = { ...message(wish, 3, item), clientAddress: wish.address };
		const answer = await ask(socket, request, { port: 4011, address: [...menuServer].join(".") });
		return { ...told, file: answer.file ?? "", server: answer.nextServer ?? "", asked4011: true };
	} finally {
		socket.close();
	}
}

function vendorClass(arch: number): string {
	if (arch === U_BOOT) return "U-Boot.armv8";
	return `${HTTP.has(arch) ? "HTTP" : "PXE"}Client:Arch:${String(arch).padStart(5, "0")}:UNDI:002001`;
}

function message(wish: Wish, type: number, vendor?: Buffer): DhcpMessage {
	const options = new Map([
		[MESSAGE_TYPE, Buffer.from([type])],
		[55, Buffer.from([1, 3, 6, 43, 60, 66, 67, 128])],
		[CLASS, Buffer.from(vendorClass(wish.arch))],
		[ARCH, Buffer.from([wish.arch >> 8, wish.arch & 255])],
		[NIC, Buffer.from([1, 2, 1])],
		[UUID, Buffer.concat([Buffer.from([0]), Buffer.alloc(16, 7)])],
		...(wish.ipxe
			? ([
					[USER_CLASS, Buffer.from("iPXE")],
					[IPXE, Buffer.from([177, 5, 1, 26, 244, 16, 0])],
				] as const)
			: []),
		...(vendor ? ([[VENDOR, vendor]] as const) : []),
	]);
	return { op: 1, xid: (wish.arch << 16) + type * 256 + (wish.ipxe ? 1 : 0) + 1, mac: wish.mac, options };
}

/** Sends until an answer with the same number comes, as clients do. */
async function ask(
	socket: Socket,
	request: DhcpMessage,
	to: { readonly port: number; readonly address: string },
): Promise<DhcpMessage> {
	const { promise, resolve, reject } = Promise.withResolvers<DhcpMessage>();
	const hear = (bytes: Buffer): void => {
		const read = decodeDhcp(bytes);
		if (read?.xid === request.xid) resolve(read);
	};
	socket.on("message", hear);
	const send = (): void => socket.send(encodeDhcp(request), to.port, to.address);
	send();
	const again = setInterval(send, 500);
	const late = setTimeout(() => reject(new Error(`nobody answers at ${to.address}:${to.port}`)), stretched(WAIT_MS));
	try {
		return await promise;
	} finally {
		clearInterval(again);
		clearTimeout(late);
		socket.off("message", hear);
	}
}

if (process.argv[1] === import.meta.filename) {
	console.log(JSON.stringify(await boot(JSON.parse(process.argv[2] ?? "{}") as Wish)));
}
