import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { systemReason } from "@rollcall/protocol";
import { type DoctorFinding, findingsOf } from "./finding.ts";
import type { Interface } from "./interfaces.ts";
import { interfaceOf, isWildcard, type Place, usableText } from "./places.ts";

const { ok, warn, fail } = findingsOf("addresses");
const LOOPBACK = /^(?:127\.|::1$|localhost$)/i;

/** Whether machines can reach what they are told, as far as this computer can see. */
export async function addressFindings(
	places: readonly Place[],
	interfaces: readonly Interface[],
): Promise<DoctorFinding[]> {
	const found = await Promise.all(places.map((place) => one(place, interfaces)));
	const boots = places.some(({ what }) => what === "boot listener");
	return boots
		? found.flat()
		: [
				warn("the configuration has no `boot`: no machine boots from here", "add boot: { host, document } to it"),
				...found.flat(),
			];
}

async function one(place: Place, interfaces: readonly Interface[]): Promise<DoctorFinding[]> {
	const { what, field, toldField, host } = place;
	const there = `this computer has ${usableText(interfaces)}`;
	if (isIP(host) !== 0 && !isWildcard(host) && !LOOPBACK.test(host) && !interfaceOf(interfaces, host))
		return [
			fail(`the ${what} cannot listen on ${host}: no interface has it; ${there}`, `set ${field} to one of these`),
		];
	if (place.told.length === 0) {
		const next = `set ${field} to the address of the machines' network, or ${toldField} to a URL with it`;
		return [fail(`machines cannot be sent to ${host}, where the ${what} listens; ${there}`, next)];
	}
	return Promise.all(place.told.map((told) => reached(place, told, interfaces)));
}

/** One host that machines are told. */
async function reached(
	{ what, field, toldField, host, port, url }: Place,
	told: string,
	interfaces: readonly Interface[],
): Promise<DoctorFinding> {
	const where = `the ${what} at ${url ?? `${told} port ${port}`}`;
	const own = isIP(host) !== 0 && !LOOPBACK.test(host) && told === host ? field : toldField;
	if (LOOPBACK.test(told)) {
		const next = `set ${field} to the address of the machines' network; this computer has ${usableText(interfaces)}`;
		return fail(`machines are told ${where}, which is their own loopback`, next);
	}
	if (isIP(told) === 0) {
		try {
			const { address } = await lookup(told);
			if (LOOPBACK.test(address)) return fail(`${where} is this computer's loopback (${address})`, `set ${toldField}`);
			return warn(
				`${where} is ${address} here; machines need a DNS server that says so, too`,
				"use the address, or see that DHCP names such a DNS server",
			);
		} catch (error) {
			return fail(`${where}: ${systemReason(error)}`, `correct ${toldField}, or use an address`);
		}
	}
	const on = interfaceOf(interfaces, told);
	if (on === undefined) {
		const next = `see that it leads to this computer, or set ${own} to one of ${usableText(interfaces)}`;
		return warn(`${where}: no interface of this computer has that address, so something has to pass it on`, next);
	}
	if (/^(?:fe80:|169\.254\.)/i.test(told))
		return fail(
			`${where} is a link-local address, which boot URLs cannot use`,
			`set ${own} to another address of ${on.name}`,
		);
	if (!on.link)
		return warn(`${where} is on ${on.name}, which has no link`, `look at the cable and the switch of ${on.name}`);
	return ok(`machines reach ${where} (${on.name})`);
}
