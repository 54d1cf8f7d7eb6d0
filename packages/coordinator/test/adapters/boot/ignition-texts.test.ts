import { BootDocument, type Profile } from "@rollcall/protocol";
import test from "ava";
import { IgnitionTexts } from "../../../src/adapters/boot/ignition-texts.ts";
import { composeIgnition } from "../../../src/boot/ignition/compose.ts";
import { type MachineBoot, ownIgnitionPart } from "../../../src/boot/ignition/own-part.ts";
import { readIgnitionPart } from "../../../src/boot/ignition/parts.ts";

const SITE = JSON.stringify({
	ignition: { version: "3.3.0" },
	storage: { files: [{ path: "/etc/site", contents: { source: "data:,here" } }] },
});

function documentOf(profiles: object[]): BootDocument {
	return BootDocument.parse({
		apiVersion: "rollcall/v1",
		kind: "Boot",
		profiles: profiles.map((profile) => ({ kernel: "/assets/k", args: [], ...profile })),
		groups: [],
		parts: { site: { format: "ignition", text: SITE } },
	});
}

const DOCUMENT = documentOf([
	{ name: "new", ignition: { parts: ["site"] } },
	{ name: "other", ignition: { parts: [] } },
	{ name: "legacy", ignition: { version: "2.3.0" } },
]);

function profileOf(name: string, document = DOCUMENT): Profile {
	const profile = document.profiles.find((one) => one.name === name);
	if (!profile) throw new Error(`no profile ${name}`);
	return profile;
}

function machineOf(hostname: string | undefined, enrollToken: string, asset = "agent.gz"): MachineBoot {
	return {
		...(hostname === undefined ? {} : { hostname }),
		users: [{ name: "core", sshKeys: ["ssh-ed25519 AAAA ann"], groups: [] }],
		network: [{ name: "10-lan.network", contents: "[Match]\nName=en*\n" }],
		agent: {
			download: { url: `http://192.0.2.1/assets/${asset}`, sha512: "ab".repeat(64) },
			coordinators: ["http://192.0.2.1:7080"],
			signers: [`U${"A".repeat(55)}`],
			enrollToken,
		},
	};
}

/** What is composed for this machine alone. */
function composed(profile: Profile, machine: MachineBoot): unknown {
	const part = readIgnitionPart({ format: "ignition", text: SITE });
	if (!part.ok) throw new Error("the part is not read");
	const parts = (profile.ignition?.parts ?? []).map((name) => ({ name, config: part.config }));
	const made = composeIgnition(ownIgnitionPart(machine), parts, profile.ignition?.version ?? "3.3.0");
	if (!made.ok) throw new Error(made.reason);
	return made.config;
}

test("each machine gets what is composed for it alone, whoever asked before it", (t) => {
	const texts = new IgnitionTexts();
	for (let round = 0; round < 2; round++) {
		for (const profile of DOCUMENT.profiles) {
			for (const machine of [
				machineOf("node-1", "e1.first.token"),
				machineOf("node-2", "e1.second.token"),
				machineOf(undefined, "e1.third.token"),
				machineOf("node-3", "e1.fourth.token", "another.gz"),
				machineOf("a name of another kind", "e1.fifth.token"),
				machineOf("node-4", "a token/of another kind"),
				{ ...machineOf("node-5", "e1.sixth.token"), users: [] },
				{ hostname: "node-6", users: [], network: [] },
			])
				t.deepEqual(JSON.parse(texts.text(DOCUMENT, profile, machine)), composed(profile, machine));
		}
	}
});

test("another document, or another profile of the same name, is another configuration", (t) => {
	const texts = new IgnitionTexts();
	const machine = machineOf("node-1", "e1.first.token");
	t.regex(texts.text(DOCUMENT, profileOf("new"), machine), /\/etc\/site/);
	const next = documentOf([{ name: "new", ignition: { parts: [] } }]);
	t.notRegex(texts.text(next, profileOf("new", next), machine), /\/etc\/site/);
});

test("a profile without Ignition is refused", (t) => {
	const document = documentOf([{ name: "bare" }]);
	const refused = t.throws(() => new IgnitionTexts().text(document, profileOf("bare", document), machineOf("n", "t")));
	t.is(refused?.message, "profile bare has no Ignition configuration");
});
