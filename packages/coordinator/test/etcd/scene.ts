import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TargetContent } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { oldRestore } from "@rollcall/test-support/old-restore";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { namespaces, ROOT } from "@rollcall/test-support/part";
import type { ExecutionContext } from "ava";
import { createPki } from "../../src/adapters/pki/pki.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { debian, debianCommand } from "../boot/programs/debian.ts";
import { documentOf, fleetOf, labFacts, type Seated } from "../render/fleet-of.ts";
import { fillRoot, type Member, memberOn } from "./member.ts";
import { makeNetwork, type Network } from "./network.ts";

export const MEMBERS = 3;
const ETCD = { program: "usr/bin/etcd", packages: ["etcd-server"] };
const ETCDCTL = { program: "usr/bin/etcdctl", packages: ["etcd-client"] };

const DOCUMENT = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
networks: { pods: 10.254.0.0/16, services: 10.253.0.0/16 }
slots:
  - { name: control, role: control-plane, count: ${MEMBERS} }
`;

/** Three machines with etcd, as a coordinator sees them and as they are. */
export interface Scene {
	readonly fleet: Fleet;
	readonly seated: readonly Seated[];
	readonly authorities: string;
	readonly network: Network;
	readonly members: readonly Member[];
	/** Files of the first machine's `pki` folder. */
	pki(name: string): string;
	/** Renders a machine's target in this state, and writes it to its root. Throws with the reason where there is none. */
	fill(fleet: Fleet, index: number): Promise<void>;
	/** Asks the member on a machine with etcdctl, from that machine. Undefined when it refuses or is away; `why` tells. */
	ask(index: number, words: readonly string[], credentials?: readonly string[]): string | undefined;
	/** What was refused last, and the ends of all outputs. */
	why(): string;
}

/** `test` for real members of etcd. */
export const testEtcd = testNeeding(
	namespaces(),
	ROOT,
	...(process.env.ETCD_BIN ? [] : [await debian(ETCD), await debian(ETCDCTL)]),
);

/** Sets the machines up; etcd does not run yet. */
export async function setUpScene(t: ExecutionContext): Promise<Scene> {
	const own = process.env.ETCD_BIN;
	const etcd = own ? { program: join(own, "etcd") } : await debianCommand(ETCD);
	const etcdctl = own ? { program: join(own, "etcdctl") } : await debianCommand(ETCDCTL);
	const network = makeNetwork(t, MEMBERS);
	const folder = ownFolder(t, "rollcall-etcd-");
	const tools = own ?? oldTools(t, join(folder, "tools"), etcdctl.program);
	const authorities = join(folder, "authorities");
	const pki = createPki(authorities, { wall: () => Date.now() });
	const trust = await pki.trust();
	const facts = Array.from({ length: MEMBERS }, (_, index) =>
		labFacts(index, {
			nics: [
				{
					name: "eth0",
					mac: `02:00:00:00:00:1${index}` as never,
					up: true,
					addresses: [`${network.address(index)}/24`],
				},
			],
			defaultRoute: { nic: "eth0", gateway: "192.168.77.1" },
			routes: [],
		}),
	);
	const { fleet: plain, seated } = fleetOf(documentOf(DOCUMENT), facts);
	const fleet: Fleet = { ...plain, trust: { trust, seq: 1 } };
	const contents: TargetContent[] = [];
	const rootOf = (index: number): string => join(folder, `machine-${index}`);
	const fill = async (state: Fleet, index: number): Promise<void> => {
		const { machineId, seat } = seated[index]?.machine ?? {};
		const machine = machineId && state.machines.get(machineId);
		const rendered = machine && seat && renderTarget(state, machine, seat);
		if (!rendered?.ok) throw new Error(rendered?.reason ?? "no machine");
		contents[index] = rendered.content;
		await fillRoot(rootOf(index), rendered.content, { pki, trust: state.trust?.trust ?? trust });
	};
	for (let index = 0; index < MEMBERS; index++) await fill(fleet, index);
	const members = Array.from({ length: MEMBERS }, (_, index) =>
		memberOn(t, {
			network,
			index,
			root: rootOf(index),
			content: () => contents[index] as TargetContent,
			program: etcd.program,
			tools,
		}),
	);
	const file = (name: string): string => join(rootOf(0), "etc/kubernetes/pki", name);
	const credentialsOfApi = ["--cert", file("apiserver-etcd-client.crt"), "--key", file("apiserver-etcd-client.key")];
	let refusal = "";
	return {
		fleet,
		seated,
		authorities,
		network,
		members,
		pki: file,
		fill,
		ask(index, words, credentials = credentialsOfApi) {
			const [ip = "ip", ...before] = network.on(index);
			const at = ["--endpoints", `https://${network.address(index)}:2379`, "--cacert", file("etcd/ca.crt")];
			try {
				return execFileSync(ip, [...before, etcdctl.program, ...at, ...credentials, "--command-timeout=3s", ...words], {
					encoding: "utf8",
					env: { ...process.env, ETCDCTL_API: "3" },
					stdio: ["ignore", "pipe", "pipe"],
				}).trim();
			} catch (error) {
				refusal = (error as Error).message;
				return undefined;
			}
		},
		why: () => [refusal, ...members.map((member) => member.output().slice(-3000))].join("\n----\n"),
	};
}

/**
 * Debian has etcd 3.4, whose etcdctl restores and has no etcdutl: a stand-in for that, without the arguments that 3.4 does not know,
 * and with a data folder that must not exist before. `ETCD_BIN`, a folder with etcd, etcdctl and etcdutl, is taken instead.
 */
function oldTools(t: ExecutionContext, folder: string, etcdctl: string): string {
	t.log("etcd 3.4: restored without --bump-revision and --mark-compacted, so the revision is not looked at");
	mkdirSync(folder);
	writeFileSync(join(folder, "etcdutl"), oldRestore(etcdctl), { mode: 0o755 });
	return folder;
}

/** Waits for a condition; fails with what the members said. Looks seldom, since each look starts a program. */
export async function until(scene: Scene, what: string, holds: () => boolean): Promise<void> {
	const look = (): true => {
		if (holds()) return true;
		throw new Error(scene.why());
	};
	await eventually(what, look, 60_000, 200);
}
