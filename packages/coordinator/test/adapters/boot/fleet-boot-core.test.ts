import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import {
	BootDocument,
	type BootRequest,
	ClusterDocument,
	EnrollRequest,
	type EventDraft,
	type Mac,
	type MachineId,
	sha256Of,
} from "@rollcall/protocol";
import test from "ava";
import { readAgentAssets } from "../../../src/adapters/boot/agent-assets.ts";
import { makeBootToken, readBootToken } from "../../../src/adapters/boot/boot-token.ts";
import { enrollTokenId, makeEnrollToken, readEnrollToken } from "../../../src/adapters/boot/enroll-token.ts";
import { FleetBootCore } from "../../../src/adapters/boot/fleet-boot-core.ts";
import { admit } from "../../../src/domain/admit.ts";
import { EMPTY_FLEET, type Fleet } from "../../../src/domain/fleet.ts";
import type { Input } from "../../../src/domain/inputs.ts";
import { record } from "../../../src/domain/record.ts";
import { AssetRefused } from "../../../src/errors.ts";
import { example } from "../../render/fleet-of.ts";
import { FACTS, KEY } from "../http/fixed-core.ts";
import { bootListener, MAC, UUID } from "./boot-listener.ts";

const NOW = 1_793_606_400_000;

/** The real domain, with a log that is only memory. */
class DomainCore {
	state: Fleet = EMPTY_FLEET;
	at = NOW;
	fleet(): Fleet {
		return this.state;
	}
	async submit(input: Input) {
		const { events, answer } = admit(this.state, input, this.at);
		this.append(events);
		return answer;
	}
	append(events: readonly EventDraft[]): void {
		this.state = record(this.state, events, this.at).fleet;
	}
}

function fleetBoot(core: DomainCore): FleetBootCore {
	const document = BootDocument.parse({ apiVersion: "rollcall/v1", kind: "Boot" });
	return new FleetBootCore({
		core,
		document: () => document,
		agents: () => new Map(),
		coordinators: () => [],
		signers: [],
		authority: () => undefined,
		record: () => undefined,
	});
}
const asking = (mac: string | undefined, uuid?: string) =>
	({ labels: {}, ...(mac ? { mac } : {}), ...(uuid ? { uuid } : {}) }) as BootRequest;
const facts = { ...FACTS, smbios: { uuid: UUID }, nics: [{ name: "eth0", mac: MAC as Mac, up: true, addresses: [] }] };

test("a boot token is used up by the enrollment, by no answer, and the enrollment is of its machine alone", async (t) => {
	const core = new DomainCore();
	const boot = fleetBoot(core);
	const key = randomBytes(32);
	const bootToken = makeBootToken(key, { mac: MAC as Mac, group: "g", profile: "p", expiresAt: NOW + 600_000 });
	const read = readBootToken(bootToken, { key, request: asking(MAC), now: NOW });
	if (!read.ok) return t.fail(read.reason);
	const token = makeEnrollToken(key, bootToken, read.grant);
	t.is(makeEnrollToken(key, bootToken, read.grant), token);
	t.true(EnrollRequest.shape.token.safeParse(token).success);
	const enroll = (of: typeof facts) =>
		core.submit({
			kind: "enroll",
			request: { publicKey: KEY, facts: of },
			tokenHash: sha256Of(token),
			signedToken: readEnrollToken(key, token),
			proofValid: false,
			remote: "192.0.2.77",
		});
	const other = {
		...facts,
		smbios: { uuid: "4c4c4544-0000-2010-8020-b1c04f4d3399" },
		nics: [{ name: "eth0", mac: "52:54:00:00:00:01" as Mac, up: true, addresses: [] }],
	};
	t.like(await enroll(other), { kind: "problem", problem: { code: "forbidden" } });
	t.is(core.state.tokens.size, 0);
	t.false(boot.used(enrollTokenId(bootToken)));
	t.like(await enroll(facts), { kind: "enrolled" });
	t.true(boot.used(enrollTokenId(bootToken)));
	t.like(await enroll(facts), { kind: "enrolled" });
	t.like(await enroll({ ...facts, bootId: "0b4e9a3c-5d1f-4a8e-9c77-2f6d3b1a0e55" as never }), {
		kind: "problem",
		problem: { code: "token-used" },
	});
});

test("an enrollment token ends ten minutes after its boot token, and only ours is read", async (t) => {
	const core = new DomainCore();
	const key = randomBytes(32);
	const grant = { mac: MAC as Mac, group: "g", profile: "p", expiresAt: NOW };
	const token = makeEnrollToken(key, makeBootToken(key, grant), grant);
	const signedToken = readEnrollToken(key, token);
	t.like(signedToken, { mac: MAC, expiresAt: NOW + 600_000 });
	t.is(readEnrollToken(randomBytes(32), token), undefined);
	for (const changed of [token.replace(/^e1/, "e2"), `${token}A`, token.replace("525400", "525401"), "e1....", "x"])
		t.is(readEnrollToken(key, changed), undefined, changed);
	core.at = NOW + 600_000;
	const request = { publicKey: KEY, facts };
	const asked = {
		kind: "enroll",
		request,
		tokenHash: sha256Of(token),
		signedToken,
		proofValid: false,
		remote: "",
	} as const;
	t.like(await core.submit(asked), { kind: "problem", problem: { code: "token-expired" } });
});

test("a machine is known by its declaration, and by an earlier boot, with its facts", async (t) => {
	const core = new DomainCore();
	const boot = fleetBoot(core);
	t.is(boot.known(asking(MAC)), undefined);
	const document = ClusterDocument.parse({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "lab",
		kubernetes: { version: "1.36.2" },
		slots: [{ name: "workers", role: "worker", count: 1 }],
		machines: [{ mac: MAC, nodeName: "node-7", labels: { room: "desk" } }],
	});
	core.append([{ type: "cluster-declared", document, digest: sha256Of("x"), by: "test" }]);
	t.deepEqual(boot.known(asking(MAC)), { labels: { room: "desk" }, nodeName: "node-7" });
	core.append([
		{
			type: "machine-enrolled",
			machineId: "m-1" as MachineId,
			bootId: facts.bootId,
			publicKey: KEY,
			facts,
			identity: "smbios-uuid",
			labels: { rack: "r1" },
		},
	]);
	t.like(boot.known(asking(MAC, UUID)), { labels: { room: "desk", rack: "r1" }, facts: { hostname: "localhost" } });
	t.like(boot.known(asking(undefined, UUID)), { labels: { rack: "r1" } });
});

test("a stranger that claims a machine's MAC takes neither its name nor its labels from it", (t) => {
	const core = new DomainCore();
	const boot = fleetBoot(core);
	const enrolled = (id: string, uuid: string) => ({
		type: "machine-enrolled" as const,
		machineId: id as MachineId,
		bootId: facts.bootId,
		publicKey: KEY,
		facts: { ...facts, smbios: { uuid } },
		identity: "smbios-uuid" as const,
		labels: { rack: id },
	});
	core.append([enrolled("m-1", UUID), { type: "machine-approved", machineId: "m-1" as MachineId, by: "test" }]);
	core.append([enrolled("m-2", "4c4c4544-0000-2010-8020-b1c04f4d3399")]);
	t.like(boot.known(asking(MAC)), { labels: { rack: "m-1" } });
	core.append([{ type: "machine-approved", machineId: "m-2" as MachineId, by: "test" }]);
	t.is(boot.known(asking(MAC)), undefined);
	core.append([{ type: "cluster-declared", document: example("three-nodes"), digest: sha256Of("x"), by: "test" }]);
	const seat = { slot: "workers", seat: 0, role: "worker", nodeName: "worker-0", pinned: false, reason: "" };
	core.append([{ type: "machine-assigned", machineId: "m-1" as MachineId, ...seat }]);
	t.like(boot.known(asking(MAC)), { nodeName: "worker-0", labels: { rack: "m-1" } });
});

test("the agent among the assets is known by what is in it", async (t) => {
	const { assets, folder } = await bootListener(t);
	t.is((await readAgentAssets(assets)).size, 0);
	const file = path.join(folder, "agent.gz");
	fs.writeFileSync(file, gzipSync("program"));
	await assets.add({ name: "rollcall/agent-x64.gz", source: { file }, expect: {} });
	t.deepEqual(
		[...(await readAgentAssets(assets))],
		[["x64", { asset: "rollcall/agent-x64.gz", sha512: createHash("sha512").update("program").digest("hex") }]],
	);
	fs.writeFileSync(file, "program");
	await assets.add({ name: "rollcall/agent-arm64.gz", source: { file }, expect: {} });
	await t.throwsAsync(readAgentAssets(assets), { instanceOf: AssetRefused, message: /agent-arm64.gz: not gzip/ });
});

test("people's accounts come from the cluster document in force", (t) => {
	const core = new DomainCore();
	const boot = fleetBoot(core);
	t.deepEqual(boot.users(), []);
	const users = [{ name: "ann", sshKeys: ["ssh-ed25519 AAAA ann"], groups: [] }];
	const document = { ...example("three-nodes"), users };
	core.append([{ type: "cluster-declared", document, digest: sha256Of("x"), by: "test" }]);
	t.deepEqual(boot.users(), users);
});
