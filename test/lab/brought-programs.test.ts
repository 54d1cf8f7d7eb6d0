import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import type { Scope } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages, type Part } from "@rollcall/test-support/part";
import { stretched } from "@rollcall/test-support/stretch";
import { newOperator } from "../support/cli.ts";
import { startOn } from "./host.ts";
import type { LabMachine } from "./machine.ts";
import { switchPart } from "./part.ts";
import { RELEASED_PACKAGES, standInFor, writeReleases } from "./releases/makers.ts";
import { POD_IMAGE, writePodKubelet } from "./releases/pod-kubelet.ts";
import { openRoom, type Room } from "./room.ts";

const VERSIONS = ["1.36.2", "1.36.3"] as const;
const BUSYBOX = "busybox-static";
const MIRROR_PORT = 7490;
/** An emulated machine on a busy computer. */
const BOOTED_MS = 400_000;
const MEMORY_MIB = 2560;

/** Two machines with a containerd each, emulated. */
const LONG: Part = {
	missing: process.env.LAB_BROUGHT ? undefined : "it takes ten minutes where machines are emulated; set LAB_BROUGHT=1",
	optional: true,
};

/** A mirror of these releases beside the coordinator; its URL. */
async function startMirror(t: Scope, { folder, bridge }: Room): Promise<string> {
	const [releases, own] = [join(folder, "releases"), join(folder, "own")];
	for (const one of [releases, own]) await mkdir(one);
	const [kubectl, crictl] = [await standInFor("kubectl", own), await standInFor("crictl", own)];
	for (const version of VERSIONS) {
		const kubelet = join(own, `kubelet-${version}`);
		await writePodKubelet(kubelet, version);
		await writeReleases(releases, version, { kubelet, kubectl, crictl });
	}
	const script = join(import.meta.dirname, "releases/serve-folder.ts");
	const mirror = startOn(t, bridge, [process.execPath, script, releases, bridge.address, String(MIRROR_PORT)]);
	await eventually("a mirror", () => mirror.output().includes("listening"));
	return `http://${bridge.address}:${MIRROR_PORT}`;
}

/** Adds the pods' image; what the document says of it. */
async function podImage(t: Scope, room: Room) {
	const [busybox = ""] = await debianFolders([BUSYBOX]);
	const image = join(room.folder, "image.tar");
	const words = ["check", "image", "--busybox", join(busybox, "bin/busybox"), "--out", image];
	const made = await newOperator(t).rollcall(...words);
	if (made.code !== 0) throw new Error(made.stderr);
	return { archives: [{ name: "pod", ...(await room.added("pod.tar", image)) }], overrides: { check: POD_IMAGE } };
}

testNeeding(
	LONG,
	await switchPart(),
	await debianPackages([...RELEASED_PACKAGES, BUSYBOX]),
)(
	"machines whose system has nothing that runs containers get all of it from the coordinator, which fetched it from a mirror of its makers, their pods reach each other, whoever logs in finds crictl, and the kubelet of another release runs when it comes",
	async (t) => {
		t.timeout(stretched(3 * BOOTED_MS));
		const room = await openRoom(t, { name: "bare", memoryMiB: [MEMORY_MIB, MEMORY_MIB] });
		const [mirror, images] = [await startMirror(t, room), await podImage(t, room)];
		// What an operator does: fetch, put what the command prints into the document, apply.
		const declare = async (version: string) => {
			const artifacts = await room.fetched(version, mirror);
			await room.declare({
				...{ apiVersion: "rollcall/v1", kind: "Cluster", name: "room", images },
				kubernetes: { version, podNetwork: "routed", artifacts },
				networks: { dnsServers: [] },
				approval: { rules: [{ name: "lab", selector: {} }] },
				slots: [{ name: "workers", role: "worker", count: "rest" }],
			});
		};
		await declare(VERSIONS[0]);
		for (const machine of room.machines) machine.powerOn();
		const logOf = async (machine: LabMachine, unit: string) => {
			const id = (await room.view(machine))?.machine.machineId ?? "";
			return (await room.host.rollcall("logs", id, "-u", unit, "-n", "60")).stdout;
		};
		for (const machine of room.machines) {
			const detail = await eventually(
				`${machine.name} to be ready`,
				async () => {
					const seen = await room.view(machine);
					if (seen?.machine.phase === "ready") return seen;
					throw new Error([seen?.machine.phase, seen?.machine.reason, await machine.consoleTail(20)].join("\n"));
				},
				BOOTED_MS,
				2_000,
			).catch(async (error: unknown) => {
				const logs = [await logOf(machine, "containerd.service"), await logOf(machine, "kubelet.service")];
				throw new Error([...logs, room.host.output().slice(-3000)].join("\n---\n"), { cause: error });
			});
			t.like(
				Object.fromEntries((detail.programs ?? []).map(({ name, from, path }) => [name, `${from} ${path}`])),
				Object.fromEntries([
					...["containerd", "containerd-shim-runc-v2", "ctr", "runc", "kubelet", "kubectl", "crictl"].map((name) => [
						name,
						`coordinator /opt/rollcall/bin/${name}`,
					]),
					...["loopback", "bridge", "host-local", "portmap"].map((name) => [name, `coordinator /opt/cni/bin/${name}`]),
				]),
			);
		}
		for (const machine of room.machines) {
			const shown = await eventually(
				`the pod of ${machine.name} to reach the other`,
				async () => {
					const log = await logOf(machine, "kubelet.service");
					const found = /pod (\S+) reached (\S+) as (\S+)/.exec(log);
					if (found) return found;
					throw new Error(`${log}\n---\n${await logOf(machine, "containerd.service")}`);
				},
				BOOTED_MS,
				2_000,
			);
			const [text, own, , as] = shown;
			t.is(as, own, "with its own address");
			t.regex(
				shown.input ?? text,
				/who logs in has \/opt\/rollcall\/bin\/crictl with runtime-endpoint: unix:\/\/\/run\/containerd\//,
			);
		}
		await declare(VERSIONS[1]);
		for (const machine of room.machines)
			await eventually(
				`the other kubelet of ${machine.name}`,
				async () => (await logOf(machine, "kubelet.service")).includes(`kubelet of ${VERSIONS[1]}`),
				BOOTED_MS,
				2_000,
			);
	},
);
