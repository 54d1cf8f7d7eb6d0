import { type MachineId, normalizeMac } from "@rollcall/protocol";
import type { Fleet, Machine } from "../../domain/fleet.ts";
import { isInReach } from "../../domain/reach.ts";
import { isFormerName } from "../../domain/seats/node-names.ts";
import type { Caller } from "./dependencies.ts";
import { refuse } from "./problem.ts";

/** How many candidates an answer lists. */
const MAX_CANDIDATES = 16;

/**
 * The machine that a person means, by one of the names that people know: its id; its node name, also the one that it had while nobody else has it; a MAC, IP address, serial
 * number, UUID or host name of it; or an unambiguous beginning of one of these. What the coordinator decided comes before what
 * a machine says of itself, the whole name before its beginning. For a caller who is limited to some machines there are no others. Throws `unknown-machine`, or `conflict` with the candidates.
 */
export function findMachine(fleet: Fleet, wanted: string, { reach }: Pick<Caller, "reach">): Machine {
	const byId = fleet.machines.get(wanted as MachineId);
	if (byId && isInReach(reach, byId)) return byId;
	const text = wanted.toLowerCase();
	const mac: string = normalizeMac(wanted) ?? text;
	const macStart = beginningOfMac(text);
	const tiers: Machine[][] = [[], [], [], []];
	for (const machine of fleet.machines.values()) {
		if (!isInReach(reach, machine)) continue;
		const said = saidNames(machine);
		const own = [machine.machineId, machine.seat?.nodeName ?? machine.machineId];
		if (machine.seat?.nodeName === wanted) tiers[0]?.push(machine);
		else if (isFormerName(fleet, machine, wanted)) tiers[1]?.push(machine);
		else if (said.some((name) => name === text || name === mac)) tiers[2]?.push(machine);
		else if ([...own, ...said].some((name) => name.startsWith(text) || (macStart && name.startsWith(macStart))))
			tiers[3]?.push(machine);
	}
	const found = tiers.find((tier) => tier.length > 0) ?? [];
	const [only] = found;
	if (!only) {
		throw refuse("unknown-machine", `no machine is named ${wanted}, or has a name that begins with it`, {
			next: "`rollcall machines -o wide` lists them all with their names",
			path: "id",
		});
	}
	if (found.length > 1) throw ambiguous(wanted, found);
	return only;
}

/** The beginning of a MAC in any notation, from its maker's part on, as MACs are kept. */
function beginningOfMac(text: string): string | undefined {
	const digits = text.replaceAll(/[:.-]/g, "");
	return /^[0-9a-f]{6,11}$/.test(digits) ? digits.replaceAll(/(..)(?=.)/g, "$1:") : undefined;
}

/** What a machine says that it is called, in lower case. Addresses come without the length of their prefix. */
function saidNames({ facts }: Machine): string[] {
	const { hostname, smbios, nics } = facts;
	const addresses = nics.flatMap((nic) => nic.addresses).map((address) => address.split("/")[0] ?? "");
	return [hostname, smbios.serial ?? "", smbios.uuid ?? "", ...nics.map((nic) => nic.mac as string), ...addresses]
		.filter((name) => name !== "")
		.map((name) => name.toLowerCase());
}

function ambiguous(wanted: string, found: readonly Machine[]): Error {
	const details = found.slice(0, MAX_CANDIDATES).map((machine) => ({
		path: "id",
		message: machine.seat ? `${machine.seat.nodeName} (id ${machine.machineId})` : machine.machineId,
		suggestion: machine.machineId,
	}));
	return refuse("conflict", `${found.length} machines fit ${wanted}`, {
		next: "give more of the name, or the whole id",
		path: "id",
		details,
	});
}
