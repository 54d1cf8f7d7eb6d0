import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { BASE, testRefusals } from "./refusal.ts";

const SUM = `sha256: "sha256:${"0".repeat(64)}", sizeBytes: 5`;
const URLS = 'urls: ["https://files.lab.example/x", "https://somebody:secret@files.lab.example/x"]';
const MESSAGE = /would be read by all/;
const NEXT = /rollcall assets add/;
const kubernetes = (text: string) => BASE.replace(/^kubernetes:\n/m, `kubernetes:\n  ${text}\n`);
const artifact = `{ path: /opt/rollcall/bin/x, mode: "0755", ${SUM}, ${URLS} }`;

testRefusals([
	[
		"a password in the address of a program",
		kubernetes(`artifacts: [${artifact}]`),
		"kubernetes.artifacts[0].urls[1]",
		MESSAGE,
		NEXT,
	],
	[
		"a password in the address of an image archive",
		`${BASE}images: { archives: [{ name: x, ${SUM}, ${URLS} }] }\n`,
		"images.archives[0].urls[1]",
		MESSAGE,
		NEXT,
	],
	[
		"a name in the address of a role's program",
		`${BASE}roles: { swarm: { artifacts: [${artifact.replace("somebody:secret", "somebody")}] } }\n`,
		"roles.swarm.artifacts[0].urls[1]",
		MESSAGE,
		NEXT,
	],
	[
		"a password in the address of who signs people in",
		kubernetes('oidc: [{ issuerUrl: "https://somebody:secret@id.lab.example", clientId: x }]'),
		"kubernetes.oidc[0].issuerUrl",
		MESSAGE,
		/write it without/,
	],
]);

test("no refusal shows the password, also not of what is no address", (t) => {
	for (const url of [
		"https://somebody:secret@files.lab.example/x",
		"ftp://somebody:secret@files.lab.example/x",
		"https://somebody:secret@",
		`https://somebody:${"secret".repeat(30)}@files.lab.example:x/`,
		"https://some@body:sec@secret@:/",
	])
		for (const text of [
			kubernetes(`artifacts: [{ path: /opt/x, mode: "0755", ${SUM}, urls: ["${url}"] }]`),
			`${BASE}images: { mirrors: [{ registry: docker.io, endpoints: ["${url}"] }] }\n`,
			kubernetes(`oidc: [{ issuerUrl: "${url}", clientId: x }]`),
		]) {
			const parsed = parseDocument(text);
			t.false(parsed.ok);
			t.notRegex(JSON.stringify(parsed), /secret/, url);
		}
});
