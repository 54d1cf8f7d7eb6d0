/**
 * Clients that download one file at the same time and throw it away: a program of its own, so that it can run on another
 * host. `node download-clients.ts HOST PORT PATH CLIENTS`; prints the milliseconds that each took, and the bytes of all.
 */
import { connect } from "node:net";

const BUFFER_BYTES = 256 * 1024;

/** One download over a connection of its own. Rejects when it is refused or ends early. */
function download(host: string, port: number, path: string): Promise<{ ms: number; bytes: number }> {
	const begun = performance.now();
	return new Promise((resolve, reject) => {
		let bytes = 0;
		let expected: number | undefined;
		const socket = connect({
			host,
			port,
			onread: {
				buffer: Buffer.allocUnsafe(BUFFER_BYTES),
				callback: (count, buffer) => {
					if (expected === undefined) {
						// The head comes in one piece: it is far below a packet.
						const head = Buffer.from(buffer.subarray(0, Math.min(count, 4096))).toString("latin1");
						const end = head.indexOf("\r\n\r\n");
						expected = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
						if (!head.startsWith("HTTP/1.1 200") || end < 0) socket.destroy(new Error(head.split("\r\n")[0]));
						bytes -= end + 4;
					}
					bytes += count;
					return true;
				},
			},
		});
		socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
		socket.once("error", reject);
		socket.once("close", () => {
			if (bytes === expected) resolve({ ms: performance.now() - begun, bytes });
			else reject(new Error(`${bytes} of ${expected} bytes came`));
		});
	});
}

const [, , host = "", port = "", path = "", clients = "1"] = process.argv;
const all = await Promise.all(Array.from({ length: Number(clients) }, () => download(host, Number(port), path)));
const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
process.stdout.write(`${JSON.stringify({ ms: all.map(({ ms }) => Math.round(ms)), bytes })}\n`);
