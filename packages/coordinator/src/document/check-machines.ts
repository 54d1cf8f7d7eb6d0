import { normalizeUuid } from "@rollcall/protocol";
import { isPlausibleMac, plausibleUuid } from "../domain/identity/evidence.ts";
import type { Check, Finding } from "./finding.ts";

const BY_MAC = "declare the machine by the mac of one of its cards";

/** What names a machine names one only: no serial number, no number that firmware carries by the thousand, no address of a group. */
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
