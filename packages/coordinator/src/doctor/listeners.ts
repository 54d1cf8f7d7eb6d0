import { type DoctorFinding, findingsOf } from "./finding.ts";
import type { Interface } from "./interfaces.ts";
import { isWildcard, machinesInterface, type Place, usableAddresses } from "./places.ts";
import type { OpenSocket } from "./sockets.ts";

const { ok, warn } = findingsOf("listeners");

/**
 * What is open to networks that are not the machines': by the configuration, and by what runs. `own`: the
 * processes of the coordinator that runs here.
 */
export function listenerFindings(
	places: readonly Place[],
	interfaces: readonly Interface[],
	sockets: readonly OpenSocket[],
	own: ReadonlySet<number>,
): DoctorFinding[] {
	const machines = machinesInterface(places, interfaces)?.name;
	const others = usableAddresses(interfaces).filter(({ name }) => name !== machines);
	const found: DoctorFinding[] = [];
	for (const { what, field, host, isPlain } of places) {
		if (!isWildcard(host) || others.length === 0) continue;
		const where = others
			.slice(0, 8)
			.map(({ name, address }) => `${name} (${address})`)
			.join(", ");
		const right = usableAddresses(interfaces).find(({ name }) => name === machines)?.address;
		const next = `set ${field} to ${right ?? "the address of the machines' network"}`;
		found.push(
			warn(`the ${what} would listen on every interface, also on ${where}${isPlain ? ", and without TLS" : ""}`, next),
		);
	}
	for (const { protocol, port, address, holder } of sockets) {
		if (protocol !== "tcp" || !holder || !own.has(holder.pid)) continue;
		if (places.some((place) => place.port === port && (place.host === address || isName(place.host)))) continue;
		const text = `${holder.name} (pid ${holder.pid}) listens on ${address} port ${port}, which is not what the configuration says`;
		found.push(warn(text, "start the coordinator again, so that it follows its configuration"));
	}
	return found.length > 0 ? found : [ok(`nothing of the coordinator listens outside of ${machines ?? "the loopback"}`)];
}

function isName(host: string): boolean {
	return !/^[\d.]+$|:/.test(host);
}
