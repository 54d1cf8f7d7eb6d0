/** A BOOTP message with DHCP options (RFC 2131, RFC 2132), as far as a client that boots needs it. */
export interface DhcpMessage {
	/** 1 from a client, 2 from a server. */
	readonly op: 1 | 2;
	readonly xid: number;
	readonly mac: string;
	/** The address that a client has already. */
	readonly clientAddress?: string;
	readonly yourAddress?: string;
	readonly nextServer?: string;
	readonly file?: string;
	readonly options: ReadonlyMap<number, Buffer>;
}

const MAGIC = Buffer.from([99, 130, 83, 99]);

/** The bytes of a client's message, which asks for its answer by broadcast. */
export function encodeDhcp({ xid, mac, clientAddress, options }: DhcpMessage): Buffer {
	const head = Buffer.alloc(236);
	head.set([1, 1, 6, 0]);
	head.writeUInt32BE(xid, 4);
	head.writeUInt16BE(0x8000, 10);
	if (clientAddress) head.set(clientAddress.split(".").map(Number), 12);
	head.set(Buffer.from(mac.replaceAll(":", ""), "hex"), 28);
	const encoded = [...options].map(([code, value]) => Buffer.concat([Buffer.from([code, value.length]), value]));
	return Buffer.concat([head, MAGIC, ...encoded, Buffer.from([255])]);
}

/** Reads a server's message; undefined for what is none. */
export function decodeDhcp(bytes: Buffer): DhcpMessage | undefined {
	if (bytes.length < 240 || bytes[0] !== 2 || !bytes.subarray(236, 240).equals(MAGIC)) return undefined;
	const options = decodeOptions(bytes.subarray(240));
	const text = (start: number, length: number) => bytes.toString("latin1", start, start + length).replace(/\0.*$/s, "");
	// Option 67 where the file name did not fit, or the server put it there.
	const file = options.get(67)?.toString("latin1").replace(/\0.*$/s, "") ?? text(108, 128);
	return {
		op: 2,
		xid: bytes.readUInt32BE(4),
		mac: bytes.toString("hex", 28, 34).replaceAll(/(..)(?=.)/g, "$1:"),
		yourAddress: [...bytes.subarray(16, 20)].join("."),
		nextServer: [...bytes.subarray(20, 24)].join("."),
		file,
		options,
	};
}

/** Code, length, value, as DHCP and PXE's own option 43 have it. 0 is padding, 255 the end. */
export function decodeOptions(bytes: Buffer): Map<number, Buffer> {
	const options = new Map<number, Buffer>();
	for (let at = 0; at < bytes.length; ) {
		const code = bytes[at] ?? 255;
		if (code === 255) break;
		if (code === 0) {
			at += 1;
			continue;
		}
		const length = bytes[at + 1] ?? 0;
		options.set(code, bytes.subarray(at + 2, at + 2 + length));
		at += 2 + length;
	}
	return options;
}
