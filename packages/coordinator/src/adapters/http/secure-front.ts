import type { Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { CertificateHolders, ShownCertificate } from "../../ports/certificate-holders.ts";
import { problemResponse, refuse } from "./problem.ts";

/** What a listener shows: certificates and private key, PEM. */
export interface Shown {
	readonly certificate: string;
	readonly key: string;
}

/** A pair that may be replaced while the listener runs. */
export interface ShownPair {
	current(): Shown;
	onReplaced(listener: (shown: Shown) => void): void;
}

/** The first byte of a TLS record that begins a handshake (RFC 8446, section 5.1). */
const HANDSHAKE = 0x16;

/**
 * TLS 1.2 at least, as for everything that machines speak. Where operators may have certificates, one is asked for and none demanded: what
 * is wrong with it is told by the API, and only to who brings nothing else.
 */
export function secureOptions({ certificate, key }: Shown, holders: CertificateHolders | undefined) {
	const asking = holders && {
		ca: holders.authorities(),
		allowPartialTrustChain: true,
		requestCert: true,
		rejectUnauthorized: false,
	};
	return { cert: certificate, key, minVersion: "TLSv1.2", ...asking } as const;
}

/** The certificate that a client showed on this connection, and what TLS found wrong with it; undefined where it showed none. */
export function certificateOf(socket: Socket): ShownCertificate | undefined {
	const { authorized, authorizationError } = socket as TLSSocket;
	const shown = (socket as Partial<TLSSocket>).getPeerX509Certificate?.();
	if (!shown) return undefined;
	return { der: shown.raw, ...(authorized ? {} : { fault: String(authorizationError ?? "not verified") }) };
}

/**
 * Shows another certificate to new connections as soon as there is one; those that are open go on. Who speaks plain HTTP is told what to
 * do, and a connection that never begins is ended after `withinMs`. Returns how to end those that have not begun.
 */
export function keepFront(
	server: Server,
	{ pair, holders }: { readonly pair: ShownPair; readonly holders: CertificateHolders | undefined },
	withinMs: number,
): () => void {
	const secure = server as unknown as SecureServer;
	const renew = (): void => secure.setSecureContext(secureOptions(pair.current(), holders));
	pair.onReplaced(renew);
	holders?.onReplaced(renew);
	const begin = secure.listeners("connection") as ((socket: Socket) => void)[];
	secure.removeAllListeners("connection");
	/** Connections whose handshake is not done, by who they are. */
	const early = new Map<string, Socket>();
	secure.on("connection", (socket: Socket) => {
		const name = nameOf(socket);
		early.set(name, socket);
		const late = setTimeout(() => early.get(name)?.destroy(), withinMs);
		socket.once("close", () => {
			clearTimeout(late);
			if (early.get(name) === socket) early.delete(name);
		});
		const fail = (): void => void socket.destroy();
		socket.once("error", fail);
		socket.once("readable", () => {
			const first = socket.read(1) as Buffer | null;
			if (first === null) return void socket.destroy();
			if (first[0] !== HANDSHAKE) return void socket.resume().end(problemResponse(PLAIN));
			socket.unshift(first);
			socket.off("error", fail);
			for (const listener of begin) listener.call(secure, socket);
		});
	});
	secure.on("secureConnection", (socket) => early.delete(nameOf(socket)));
	return () => {
		for (const socket of early.values()) socket.destroy();
	};
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
	return `${remoteAddress} ${remotePort}`;
}

const PLAIN = refuse("bad-request", "this is the API of a rollcall coordinator, and it speaks HTTPS alone", {
	next: "ask https:// at the same address; the coordinator's log has the fingerprint that `rollcall context add` wants",
});
