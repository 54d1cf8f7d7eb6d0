import fs from "node:fs";
import { gunzipSync } from "node:zlib";
import { IGNITION_VERSIONS } from "@rollcall/protocol";
import { testNeeding } from "@rollcall/test-support/needing";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { readBootDocument } from "../../src/boot/document.ts";
import { findingText } from "../../src/boot/finding.ts";
import { composeIgnition } from "../../src/boot/ignition/compose.ts";
import { ownIgnitionPart } from "../../src/boot/ignition/own-part.ts";
import { readIgnitionPart } from "../../src/boot/ignition/parts.ts";
import { assertGolden } from "./golden-files.ts";
import { FULL_MACHINE, machineBoots } from "./machine-boots.ts";
import { debian, IGNITION, ignitionValidate } from "./programs/debian.ts";

type Files = {
	storage?: { files?: { path: string; mode: number; contents: { source: string; compression?: string } }[] };
};

/** What a `data:` URL holds, read by the runtime's own fetch. */
async function contentOf(config: unknown, path: string): Promise<Buffer | undefined> {
	const file = (config as Files).storage?.files?.find((entry) => entry.path === path);
	if (!file) return undefined;
	const bytes = Buffer.from(await (await fetch(file.contents.source)).arrayBuffer());
	return file.contents.compression === "gzip" ? gunzipSync(bytes) : bytes;
}

const testValid = testNeeding(await debian(IGNITION));

testValid("every version of the own part passes Ignition's own validator", async (t) => {
	const validate = await ignitionValidate();
	for (const version of IGNITION_VERSIONS.filter((known) => known.startsWith("3."))) {
		const composed = composeIgnition(ownIgnitionPart(FULL_MACHINE), [], version);
		t.true(composed.ok);
		if (!composed.ok) return;
		const result = validate(composed.config);
		t.deepEqual(result ?? { status: 0, output: "" }, { status: 0, output: "" });
	}
	t.not(validate({ ignition: { version: "3.3.0" }, storage: { files: [{ path: "relative" }] } }).status, 0);
});

testValid("whatever is in it, the own part passes Ignition's own validator and reads back", async (t) => {
	const validate = await ignitionValidate();
	await fc.assert(
		fc.asyncProperty(machineBoots, async (machine) => {
			const composed = composeIgnition(ownIgnitionPart(machine), [], "3.3.0");
			if (!composed.ok) return t.fail(composed.reason);
			for (const unit of machine.network) {
				// As UTF-8: a lone surrogate is no text.
				const written = await contentOf(composed.config, `/etc/systemd/network/${unit.name}`);
				t.deepEqual(written, Buffer.from(unit.contents));
			}
			const result = validate(composed.config);
			if (result) t.is(result.status, 0, result.output);
		}),
		{ numRuns: 100 },
	);
});

testValid(
	"what the shipped profiles give to a machine passes Ignition's own validator, in every version",
	async (t) => {
		const validate = await ignitionValidate();
		const folder = new URL("../../../../deploy/profiles/", import.meta.url);
		let rendered = 0;
		for (const file of fs.readdirSync(folder)) {
			const read = readBootDocument(fs.readFileSync(new URL(file, folder), "utf8"));
			if (!read.ok) return t.fail(`${file}: ${read.findings.map(findingText).join("; ")}`);
			const parts = new Map(
				Object.entries(read.document.parts).map(([name, part]) => {
					const config = readIgnitionPart(part);
					if (!config.ok) throw new Error(`${file}: part ${name}`);
					return [name, { name, config: config.config }];
				}),
			);
			for (const profile of read.document.profiles) {
				const wanted = profile.ignition;
				for (const version of wanted ? IGNITION_VERSIONS.filter((known) => known.startsWith("3.")) : []) {
					const { users, network } = read.document;
					const own = ownIgnitionPart({ ...FULL_MACHINE, users: [...FULL_MACHINE.users, ...users], network });
					const named = wanted?.parts.flatMap((name) => parts.get(name) ?? []) ?? [];
					const composed = composeIgnition(own, named, version);
					if (!composed.ok) return t.fail(`${file}: ${composed.reason}`);
					const result = validate(composed.config);
					if (result) t.deepEqual(result, { status: 0, output: "" }, `${file}, ${profile.name}, ${version}`);
					rendered += 1;
				}
			}
		}
		t.true(rendered >= 8);
	},
);

test("the agent's files hold the token and the configuration, for root alone", async (t) => {
	const config = ownIgnitionPart(FULL_MACHINE);
	t.is(String(await contentOf(config, "/etc/rollcall/enroll-token")), "rct_0123456789abcdef\n");
	t.deepEqual(JSON.parse(String(await contentOf(config, "/etc/rollcall/agent.json"))), {
		signers: FULL_MACHINE.agent?.signers,
		coordinators: ["http://192.0.2.1:7080"],
		tokenFile: "/etc/rollcall/enroll-token",
	});
	const modes = Object.fromEntries((config.storage?.files ?? []).map((file) => [file.path, file.mode]));
	t.is(modes["/etc/rollcall/enroll-token"], 0o600);
	t.is(modes["/etc/rollcall/agent.json"], 0o600);
	t.is(modes["/opt/rollcall/bin/rollcall-agent"], 0o755);
});

for (const version of ["2.1.0", "2.2.0", "2.3.0"] as const) {
	test(`spec ${version} says the same in its own words`, (t) => {
		const composed = composeIgnition(ownIgnitionPart(FULL_MACHINE), [], version);
		assertGolden(t, `ignition-${version}.json`, composed.ok ? composed.config : composed.reason);
	});
}

test("a newer part of the operator raises the version and is passed on", (t) => {
	const part = {
		name: "new",
		config: {
			ignition: { version: "3.5.0" },
			storage: { luks: [{ name: "a", device: "/dev/vda", cex: { enabled: true } }] },
		},
	};
	const composed = composeIgnition(ownIgnitionPart(FULL_MACHINE), [part], "3.3.0");
	t.true(composed.ok && composed.version === "3.5.0");
	t.true(composed.ok && JSON.stringify(composed.config).includes('"cex"'));
});

test("a part may not touch what is the agent's, nor lead it elsewhere", (t) => {
	const own = ownIgnitionPart(FULL_MACHINE);
	const ignition = { version: "3.3.0" };
	for (const config of [
		{ ignition, storage: { files: [{ path: "/etc/rollcall/agent.json", contents: { source: "data:,x" } }] } },
		{ ignition, storage: { links: [{ path: "/opt/rollcall", target: "/tmp" }] } },
		{ ignition, systemd: { units: [{ name: "rollcall-agent.service", mask: true }] } },
	]) {
		const composed = composeIgnition(own, [{ name: "site", config }], "3.3.0");
		t.true(!composed.ok && /part site sets .* rollcall's own/.test(composed.reason));
	}
	const dropin = {
		ignition,
		systemd: { units: [{ name: "rollcall-agent.service", dropins: [{ name: "a.conf", contents: "" }] }] },
	};
	t.true(composeIgnition(own, [{ name: "site", config: dropin }], "3.3.0").ok);
});

test("specs 2 and 3 do not mix, and parts that clash are named", (t) => {
	const own = ownIgnitionPart(FULL_MACHINE);
	const mixed = composeIgnition(own, [{ name: "old", config: { ignition: { version: "2.2.0" } } }], "3.3.0");
	t.true(!mixed.ok && /part old is of spec 2.2.0/.test(mixed.reason));
	const clash = {
		ignition: { version: "3.3.0" },
		storage: { links: [{ path: "/etc/systemd/network", target: "/x" }] },
	};
	const composed = composeIgnition(own, [{ name: "site", config: clash }], "3.3.0");
	t.true(!composed.ok && /lies behind a link/.test(composed.reason));
});
