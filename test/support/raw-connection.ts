import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";

/** A connection to where a URL leads, over TLS where it says so, on which a test says what it likes. */
export function rawConnection(url: string): Socket {
	const { hostname, port, protocol } = new URL(url);
	const where = { host: hostname, port: Number(port) };
	return protocol === "https:" ? connectSecurely(where) : connect(where);
}
