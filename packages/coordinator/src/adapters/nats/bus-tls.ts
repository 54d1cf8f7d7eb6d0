import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { TlsOptions } from "@nats-io/transport-node";
import { serverHosts, speaksTls, systemReason } from "@rollcall/protocol";
import { MOST_GIVEN_BYTES, readGivenFile } from "../../disk/given-file.ts";

/** What an embedded server shows, as files, and as it is now. */
export interface ServerPair {
	readonly certificateFile: string;
	readonly keyFile: string;
	/** PEM, the server's own first. */
	current(): { readonly certificate: string };
	onReplaced(listener: () => void): void;
}

/** How a connection of the coordinator's is made; nothing where servers have no TLS. */
export interface Secured {
	readonly tls?: TlsOptions;
}

/**
 * TLS to a server of our own: it shows exactly the certificate that we gave it, whatever name that is for. Read at every connection, since
 * it may have been replaced.
 */
export function toOwnServer(pair: ServerPair | undefined): Secured {
	if (pair === undefined) return {};
	const options = {
		get ca() {
			return pair.current().certificate;
		},
		allowPartialTrustChain: true,
		checkServerIdentity: () => undefined,
	};
	return { tls: options };
}

/**
 * TLS to the servers of a cluster: used where a server's URL says `tls://`, or where an authority (PEM) is given. A server's certificate has to be by that authority, or
 * by a public one where none is given, and for the name of any of these servers.
 */
export function toCluster(servers: readonly string[], authority: string | undefined): Secured {
	if (!speaksTls(servers) && authority === undefined) return {};
	const isForOne = (_name: string, certificate: PeerCertificate): Error | undefined => {
		const faults = serverHosts(servers).map((host) => checkServerIdentity(host, certificate));
		return faults.includes(undefined) ? undefined : faults[0];
	};
	const options = { ...(authority === undefined ? {} : { ca: authority }), checkServerIdentity: isForOne };
	return { tls: options };
}

/** The authority that a cluster's certificates are by. Throws an Error that names the file. */
export async function readBusAuthority(file: string | undefined): Promise<string | undefined> {
	if (file === undefined) return undefined;
	const bytes = await readGivenFile(file, MOST_GIVEN_BYTES).catch((error: unknown) => {
		throw new Error(`nats.external.authorityFile ${file} cannot be read: ${systemReason(error)}`);
	});
	const text = bytes.toString("utf8");
	if (!text.includes("-----BEGIN CERTIFICATE-----"))
		throw new Error(`nats.external.authorityFile ${file} holds no certificate in PEM`);
	return text;
}

/** The same servers with `tls://`, as machines are to speak to them. */
export function asTls(servers: readonly string[]): string[] {
	return servers.map((server) => (server.includes("://") ? server.replace(/^nats:/i, "tls:") : `tls://${server}`));
}
