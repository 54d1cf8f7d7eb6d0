/**
 * Clients that ask for a file and then do not read it: `node stalled-clients.ts HOST PORT PATH CLIENTS`. Says `stalled` when
 * all have got the beginning of an answer, and holds the connections until its standard input ends.
 */
import { connect } from "node:net";

const [, , host = "", port = "", path = "", clients = "1"] = process.argv;
const sockets = await Promise.all(
	Array.from(
		{ length: Number(clients) },
		() =>
			new Promise<{ destroy(): void }>((resolve, reject) => {
				const socket = connect({ host, port: Number(port) });
				socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
				socket.once("error", reject);
				socket.once("data", () => resolve(socket.pause()));
			}),
	),
);
process.stdout.write("stalled\n");
process.stdin.resume();
process.stdin.once("end", () => {
	for (const socket of sockets) socket.destroy();
});
