import { type Facts, isNoUplink, type Network, type Networks, overlaps, parseNetwork } from "@rollcall/protocol";

/**
 * Compares the pod and service networks with every network that the machine really reaches: its own addresses and its
 * routes. An overlap would send that traffic into the overlay. Returns a sentence that names both, or undefined. `isPods`: a route that the pod
 * network itself made on that interface.
 */
export function findRouteOverlap(
	networks: Networks,
	facts: Facts,
	isPods: (route: Network) => boolean = () => false,
): string | undefined {
	const declared = [
		["networks.pods", networks.pods],
		["networks.services", networks.services],
		...(networks.second
			? ([
					["networks.second.pods", networks.second.pods],
					["networks.second.services", networks.second.services],
				] as const)
			: []),
	] as const;
	const real = [
		...facts.nics
			.filter(({ name }) => !isNoUplink(name))
			.flatMap(({ name, addresses }) => addresses.map((text) => [text, `address ${text} on ${name}`] as const)),
		...facts.routes
			.filter(({ nic }) => !isNoUplink(nic))
			.filter(({ destination }) => {
				const route = parseNetwork(destination);
				return !route || !isPods(route);
			})
			.map(({ destination, nic }) => [destination, `route ${destination} on ${nic}`] as const),
	];
	for (const [path, text] of declared) {
		const network = parseNetwork(text);
		for (const [other, what] of real) {
			const reached = parseNetwork(other);
			// A default route written as a route overlaps everything, and harms nothing.
			if (network && reached && reached.prefix > 0 && overlaps(network, reached)) {
				return `${path} ${text} overlaps the machine's ${what}; choose another network`;
			}
		}
	}
	return undefined;
}
