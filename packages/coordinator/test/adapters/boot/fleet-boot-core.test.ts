import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import {
	BootDocument,
	type BootRequest,
	ClusterDocument,
	type EventDraft,
	type Mac,
	type MachineId,
	sha256Of,
} from "@rollcall/protocol";
import test from "ava";
import { readAgentAssets } from "../../../src/adapters/boot/agent-assets.ts";
import { AssetRefused } from "../../../src/adapters/boot/asset-source.ts";
import { FleetBootCore } from "../../../src/adapters/boot/fleet-boot-core.ts";
import { admit } from "../../../src/domain/admit.ts";
import { EMPTY_FLEET, type Fleet } from "../../../src/domain/fleet.ts";
import type { Input } from "../../../src/domain/inputs.ts";
import { record } from "../../../src/domain/record.ts";
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
		now: () => core.at,
		record: () => undefined,
	});
}
const asking = (mac: string | undefined, uuid?: string) =>
	({ labels: {}, ...(mac ? { mac } : {}), ...(uuid ? { uuid } : {}) }) as BootRequest;
const facts = { ...FACTS, smbios: { uuid: UUID }, nics: [{ name: "eth0", mac: MAC as Mac, up: true, addresses: [] }] };

test("an enrollment token is made once for a boot token, and lets in its machine alone", async (t) => {
	const core = new DomainCore();
	const boot = fleetBoot(core);
	const wish = { tokenId: "boot-1", mac: MAC as Mac, lifeSeconds: 600 };
	const issued = await boot.enrollToken(wish);
	t.is((await boot.enrollToken(wish)).kind, "used");
	if (issued.kind !== "created") return t.fail(issued.kind);
	const enroll = (of: typeof facts) =>
		core.submit({
			kind: "enroll",
			request: { publicKey: KEY, facts: of },
			tokenHash: sha256Of(issued.token),
			proofValid: false,
			remote: "192.0.2.77",
		});
	const stranger = await enroll({
		...facts,
		smbios: { uuid: "4c4c4544-0000-2010-8020-b1c04f4d3399" },
		nics: [{ name: "eth0", mac: "52:54:00:00:00:01" as Mac, up: true, addresses: [] }],
	});
	t.like(stranger, { kind: "problem" });
	t.like(await enroll(facts), { kind: "enrolled" });
});

test("a log that cannot be written is a problem, not a token", async (t) => {
	const core = new DomainCore();
	const boot = fleetBoot(
		Object.assign(core, {
			submit: async () => ({ kind: "problem", problem: { code: "not-leader", message: "another leads" } }) as never,
		}),
	);
	t.deepEqual(await boot.enrollToken({ tokenId: "boot-1", mac: MAC as Mac, lifeSeconds: 600 }), {
		kind: "problem",
		problem: { code: "not-leader", message: "another leads" },
	});
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
