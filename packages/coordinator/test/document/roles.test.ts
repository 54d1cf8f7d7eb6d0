import { BASE, testRefusals } from "./refusal.ts";

testRefusals([
	[
		"a role with the name that stands for no role",
		`${BASE}roles: { none: { files: [], units: [], probes: [] } }\n`,
		"roles.none",
		/none stands for machines without a role/,
		/another name/,
	],
]);
