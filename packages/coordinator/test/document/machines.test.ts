import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { BASE, testRefusals } from "./refusal.ts";

const UUID = "564d2310-aabb-ccdd-eeff-001122334455";
const machine = (...entries: string[]) => `${BASE}machines:\n${entries.map((entry) => `  - ${entry}\n`).join("")}`;

for (const text of [
	"564D2310-AABB-CCDD-EEFF-001122334455",
	"564d2310aabbccddeeff001122334455",
	"{564D2310-AABB-CCDD-EEFF-001122334455}",
	"urn:uuid:564d2310-aabb-ccdd-eeff-001122334455",
	"56 4d 23 10 aa bb cc dd-ee ff 00 11 22 33 44 55",
	"VMware-56 4d 23 10 aa bb cc dd-ee ff 00 11 22 33 44 55",
	" 564d2310-AABB-ccdd-eeff-001122334455 ",
]) {
	test(`${JSON.stringify(text)} is the UUID ${UUID}`, (t) => {
		const parsed = parseDocument(machine(`{ uuid: ${JSON.stringify(text)} }`));
		t.is(parsed.ok ? parsed.document.machines[0]?.uuid : parsed.problem.message, UUID);
	});
}

const JUNK: Record<string, string> = {
	"a board vendor's": "03000200-0400-0500-0006-000700080009",
	"the same in the other order": "00020003-0004-0005-0006-000700080009",
	"all zero, without dashes": "0".repeat(32),
	"all F": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
	"bytes counted up": "{00112233-4455-6677-8899-AABBCCDDEEFF}",
	"bytes counted up, in the other order": "03020100-0504-0706-0809-0a0b0c0d0e0f",
	"digits counted up": "01234567-89ab-cdef-0123-456789abcdef",
	"digits counted down": "fedcba98-7654-3210-fedc-ba9876543210",
};

testRefusals([
	...Object.entries(JUNK).map(
		([title, uuid]) =>
			[
				`a UUID that many boxes have: ${title}`,
				machine("{ mac: 02:00:00:00:00:01 }", `{ uuid: "${uuid}", nodeName: a }`),
				"machines[1].uuid",
				/many machines has the UUID .*so it names none/,
				/by the mac/,
			] as const,
	),
	...["LAB-0001", "To be filled by O.E.M.", "564d2310-aabb-ccdd-eeff", "Default string"].map(
		(uuid) =>
			[
				`a UUID that is none: ${uuid}`,
				machine(`{ uuid: ${uuid}, nodeName: a }`),
				"machines[0].uuid",
				/is no UUID; a serial number is not looked at/,
				/by the mac/,
			] as const,
	),
	...["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01-00-5e-00-00-01"].map(
		(mac) =>
			[
				`a MAC that no card has: ${mac}`,
				machine(`{ mac: "${mac}" }`),
				"machines[0].mac",
				/is no card's own address/,
				/on its label/,
			] as const,
	),
	[
		"one UUID in two notations, named as it is written and not with its bytes in the other order",
		machine('{ uuid: "7C9E6679742540DE944BE07FC1F90AE7" }', "{ uuid: 7c9e6679-7425-40de-944b-e07fc1f90ae7 }"),
		"machines[1].uuid",
		/another machine with the uuid 7c9e6679-7425-40de-944b-e07fc1f90ae7, number 1 of the list/,
		/./,
	],
	[
		"one UUID in two notations and both orders of bytes",
		machine(`{ uuid: ${UUID} }`, '{ uuid: "{10234D56-BBAA-DDCC-EEFF-001122334455}" }'),
		"machines[1].uuid",
		/another machine with the uuid 10234d56-bbaa-ddcc-eeff-001122334455, number 1 of the list/,
		/./,
	],
]);
