import { normalizeUuid } from "@rollcall/protocol";
import { isPlausibleMac, plausibleUuid } from "../domain/identity/evidence.ts";
import type { Check, Finding } from "./finding.ts";

const BY_MAC = "declare the machine by the mac of one of its cards";

/** Finds declared names that do not mean exactly one machine: a serial number, a UUID that many mainboards share, a multicast MAC. */
export const checkMachines: Check = ({ machines }) => ({
	findings: machines.flatMap(({ uuid, mac }, index): Finding[] => [
		...(uuid === undefined || plausibleUuid(uuid) !== undefined
			? []
			: [{ path: ["machines", index, "uuid"], message: uuidFault(uuid), suggestion: BY_MAC }]),
		...(mac === undefined || isPlausibleMac(mac)
			? []
			: [
					{
						path: ["machines", index, "mac"],
						message: `${mac} is no card's own address`,
						suggestion: "write the address that the card has on its label",
					},
				]),
	]),
});

function uuidFault(uuid: string): string {
	if (normalizeUuid(uuid) === undefined) return `${JSON.stringify(uuid)} is no UUID; a serial number is not looked at`;
	return `the firmware of many machines has the UUID ${uuid}, so it names none`;
}
