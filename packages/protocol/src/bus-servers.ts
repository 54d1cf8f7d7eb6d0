/** True where one of these servers is to be spoken to over TLS: its URL says `tls://`. */
export function speaksTls(servers: readonly string[]): boolean {
	return servers.some((server) => /^tls:/i.test(server));
}

/** The hosts of the bus's servers, IPv6 without brackets. A server may be named without a scheme. */
export function serverHosts(servers: readonly string[]): string[] {
	return servers.map((server) => {
		const { hostname = "" } = URL.parse(server.includes("://") ? server : `nats://${server}`) ?? {};
		return hostname.replace(/^\[|\]$/g, "");
	});
}
