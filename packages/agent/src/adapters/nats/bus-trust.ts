import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { TlsOptions } from "@nats-io/nats-core";
import { serverHosts, speaksTls } from "@rollcall/protocol";

/**
 * TLS for servers that are named `tls://`: their certificate is by one of the authorities of then (PEM; undefined: one that everybody knows) and
 * for one of the named servers. The library itself does not compare addresses. Nothing for servers without it.
 */
export function busTrust(
	servers: readonly string[],
	authority: () => string | undefined,
): { readonly tls?: TlsOptions } {
	if (!speaksTls(servers)) return {};
	const isForOne = (_name: string, certificate: PeerCertificate): Error | undefined => {
		const faults = serverHosts(servers).map((host) => checkServerIdentity(host, certificate));
		return faults.includes(undefined) ? undefined : faults[0];
	};
	// Read at every connection, since others may be believed by then.
	const options = {
		get ca() {
			return authority() as string;
		},
		checkServerIdentity: isForOne,
	};
	return { tls: options };
}
