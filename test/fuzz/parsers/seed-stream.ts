/** The token that the fuzzed API takes. */
export const TOKEN = `rct_${"a".repeat(43)}`;

/** A good request for the event stream. */
export const SETUP = [
	"GET /v1/events?after=0 HTTP/1.1",
	"host: localhost",
	"upgrade: websocket",
	"connection: upgrade",
	"sec-websocket-version: 13",
	"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
	`authorization: Bearer ${TOKEN}`,
	"\r\n",
].join("\r\n");

const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame of a client (RFC 6455, 5.2). */
function frame(
	kind: keyof typeof OPCODES | number,
	content: string | Uint8Array = "",
	{
		final = true,
		mask = true,
		reserved = 0,
		length,
	}: { final?: boolean; mask?: boolean; reserved?: number; length?: number | bigint } = {},
): Buffer {
	const payload = Buffer.from(content);
	const opcode = typeof kind === "number" ? kind : OPCODES[kind];
	const said = length ?? payload.length;
	const bit = mask ? 0x80 : 0;
	const size =
		typeof said === "bigint"
			? Buffer.concat([Buffer.of(bit | 127), Buffer.from(said.toString(16).padStart(16, "0"), "hex")])
			: said < 126
				? Buffer.of(bit | said)
				: Buffer.of(bit | 126, said >> 8, said & 0xff);
	const key = Buffer.of(1, 2, 3, 4);
	const masked = mask ? Buffer.concat([key, payload.map((byte, index) => byte ^ (key[index % 4] ?? 0))]) : payload;
	return Buffer.concat([Buffer.of((final ? 0x80 : 0) | (reserved << 4) | opcode), size, masked]);
}

const close = (code: number, reason: string | Uint8Array = ""): Buffer =>
	frame("close", Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]));

const FRAMES: readonly (readonly Buffer[])[] = [
	[],
	[frame("text", "hello"), close(1000, "done")],
	[frame("text", "he", { final: false }), frame("ping", "in between"), frame("continuation", "llo"), close(1000)],
	[frame("binary", Buffer.alloc(1000))],
	// What no client may send.
	[frame("text", "not masked", { mask: false })],
	[frame("text", "reserved", { reserved: 4 })],
	[frame("ping", "reserved", { reserved: 1 })],
	[frame(3, "no such kind"), frame(11, "no such control")],
	[frame("continuation", "of nothing")],
	[frame("text", "one", { final: false }), frame("text", "another")],
	[frame("ping", "in parts", { final: false }), frame("continuation", "ping")],
	[frame("ping", Buffer.alloc(126))],
	[frame("close", Buffer.alloc(200, 3))],
	[frame("close", Buffer.of(3))],
	[close(1005), close(999), close(5000)],
	[close(1000, Buffer.of(0xc3, 0x28))],
	[frame("text", Buffer.of(0xff, 0xfe, 0xed, 0xa0, 0x80))],
	[frame("text", Buffer.of(0xe2, 0x82), { final: false }), frame("continuation", Buffer.of(0x28))],
	[frame("text", Buffer.alloc(1025, 97))],
	[frame("text", "short", { length: 60_000 })],
	[frame("text", "short", { length: 2n ** 40n })],
	[frame("text", "short", { length: 2n ** 63n })],
	[frame("text", "short", { length: 5n })],
	[Buffer.of(0x81), Buffer.of(0x81, 0xfe, 0x01)],
	Array.from({ length: 400 }, () => frame("ping", "flood")),
	Array.from({ length: 400 }, () => frame("text", "", { final: false })),
	Array.from({ length: 400 }, () => frame("pong")),
];

const HEADERS: readonly ((setup: string) => string)[] = [
	(setup) => setup.replace("websocket-version: 13", "websocket-version: 8"),
	(setup) => setup.replace("dGhlIHNhbXBsZSBub25jZQ==", "short"),
	(setup) => setup.replace("upgrade: websocket", "upgrade: h2c"),
	(setup) => setup.replace("upgrade: websocket", "upgrade: websocket, foo/2\r\nupgrade: websocket"),
	(setup) => setup.replace("connection: upgrade", "connection: keep-alive, Upgrade"),
	(setup) => setup.replace("connection: upgrade", "connection: close"),
	(setup) => setup.replace("GET", "POST").replace("host:", "content-length: 5\r\nhost:"),
	(setup) => setup.replace("host:", "transfer-encoding: chunked\r\nhost:"),
	(setup) => setup.replace("host: localhost", "host: evil.example"),
	(setup) => setup.replace("host:", "origin: https://evil.example\r\nhost:"),
	(setup) => setup.replace("after=0", "after=99&after=x&machineId=%00"),
	(setup) => setup.replace("/v1/events?after=0", "//\\u0000/%2e%2e/v1/events"),
	(setup) => setup.replace("host:", "sec-websocket-extensions: permessage-deflate; server_max_window_bits=99\r\nhost:"),
	(setup) => setup.replace("host:", "sec-websocket-protocol: a, a, ,\r\nhost:"),
	(setup) => setup.replace("host:", `${"x: y\r\n".repeat(80)}host:`),
	(setup) => setup.replace("host:", `x: ${"y".repeat(17_000)}\r\nhost:`),
	(setup) => setup.replace("HTTP/1.1", "HTTP/1.0"),
	(setup) => setup.replace("\r\nhost", "\nhost"),
	(setup) => setup.replace(/Bearer .*/, "Bearer nonsense"),
	(setup) => `${setup}${setup}`,
];

/** What clients say that behave, and what some say that do not. */
export const STREAM_SEEDS: readonly Uint8Array[] = [
	...FRAMES.map((frames) => Buffer.concat([Buffer.from(SETUP), ...frames])),
	...HEADERS.map((change) => Buffer.from(change(SETUP))),
];

/** The frames that a server said: whole, final, not masked. Undefined where the bytes are none; what is cut off at the end is left out. */
export function framesIn(bytes: Buffer): { readonly opcode: number; readonly payload: Buffer }[] | undefined {
	const frames: { opcode: number; payload: Buffer }[] = [];
	for (let at = 0; at + 2 <= bytes.length; ) {
		const [first = 0, second = 0] = bytes.subarray(at, at + 2);
		if ((first & 0xf0) !== 0x80 || second >= 127) return undefined;
		const wide = second === 126;
		if (wide && at + 4 > bytes.length) break;
		const length = wide ? bytes.readUInt16BE(at + 2) : second;
		const begin = at + (wide ? 4 : 2);
		if (begin + length > bytes.length) break;
		frames.push({ opcode: first & 0x0f, payload: bytes.subarray(begin, begin + length) });
		at = begin + length;
	}
	return frames;
}
