import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Assets, agentAssetName } from "@rollcall/coordinator/trials";
import type { AssetList, MachineDetail, MachineView } from "@rollcall/protocol";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { parse } from "yaml";
import { type Bridge, makeBridge } from "./bridge.ts";
import { LAB_ASSETS, labBootDocument } from "./documents.ts";
import { type LabHost, startHost } from "./host.ts";
import { LAB_CACHE, labParts } from "./lab.ts";
import { LabMachine } from "./machine.ts";
import { packedAgent } from "./packed-agent.ts";

/** A coordinator on a switch, and machines without power whose system has nothing to run containers with: all of that is the coordinator's to bring. */
export interface Room {
	readonly host: LabHost;
	readonly bridge: Bridge;
	/** Of this run alone. */
	readonly folder: string;
	readonly machines: readonly LabMachine[];
	/** Fetches a release of Kubernetes from a mirror or a folder as an operator does, and gives the entries that the command prints for the cluster document. */
	fetched(version: string, from: string): Promise<readonly unknown[]>;
	/** Adds a file to the assets, and gives what a document says of it. */
	added(name: string, file: string): Promise<{ sha256: string; sizeBytes: number; urls: readonly string[] }>;
	/** Declares a cluster document. */
	declare(document: object): Promise<void>;
	/** How the coordinator sees a machine; undefined before it enrolled. */
	view(machine: LabMachine): Promise<MachineDetail | undefined>;
}

/** Sets one up, ended with `t`. `memoryMiB`: a machine for each. Throws LabUnavailable where the lab has no parts. */
export async function openRoom(
	t: Scope,
	wish: { readonly name: string; readonly memoryMiB: readonly number[]; readonly certificateSeconds?: number },
): Promise<Room> {
	await mkdir(LAB_CACHE, { recursive: true });
	const { emulator, image } = await labParts(() => {}, { runtime: "brought" });
	const bridge = makeBridge(t, wish.memoryMiB.length);
	const folder = ownFolder(t, "rollcall-room-");
	const machines = wish.memoryMiB.map((memoryMiB, index) => {
		const machine = new LabMachine({
			name: `${wish.name}-${index + 1}`,
			folder,
			emulator,
			nic: (mac) => bridge.nic(mac, index),
			startedBy: bridge.onHost,
			memoryMiB,
			processors: 2,
		});
		t.teardown(() => machine.cutPower());
		return machine;
	});
	const bootDocument = join(folder, "boot.yaml");
	await writeFile(bootDocument, labBootDocument());
	const dataFolder = join(folder, "coordinator");
	await mkdir(dataFolder, { mode: 0o700 });
	const assets = await Assets.open(join(dataFolder, "assets"));
	const files = {
		[LAB_ASSETS.kernel]: image.kernel,
		[LAB_ASSETS.initrd]: image.initrd,
		[agentAssetName("x64")]: await packedAgent(LAB_CACHE),
	};
	for (const [name, file] of Object.entries(files)) await assets.add({ name, source: { file }, expect: {} });
	const { certificateSeconds } = wish;
	const host = await startHost(t, bridge, {
		...{ dataFolder, bootDocument, cache: LAB_CACHE },
		...(certificateSeconds === undefined ? {} : { certificateSeconds }),
	});
	const asked = async (...words: string[]) => {
		const { code, stdout, stderr } = await host.rollcall(...words);
		if (code !== 0) throw new Error(`rollcall ${words.join(" ")}: ${stdout}${stderr}\n${host.output().slice(-4000)}`);
		return { stdout, stderr };
	};
	return {
		host,
		bridge,
		folder,
		machines,
		async fetched(version, from) {
			const { stderr } = await asked("assets", "fetch", "kubernetes", version, "--from", from);
			const printed = parse(stderr.slice(stderr.indexOf("kubernetes:"))) as { kubernetes: { artifacts: unknown[] } };
			return printed.kubernetes.artifacts;
		},
		async added(name, file) {
			await asked("assets", "add", name, file);
			const { assets: kept } = JSON.parse((await asked("assets", "list", "-o", "json")).stdout) as AssetList;
			const { sha256, sizeBytes } = kept.find((one) => one.name === name) ?? { sha256: "", sizeBytes: 0 };
			return { sha256: `sha256:${sha256}`, sizeBytes, urls: [`${host.url}/assets/${name}`] };
		},
		async declare(document) {
			const file = join(folder, "cluster.yaml");
			await writeFile(file, JSON.stringify(document));
			await asked("apply", "-f", file, "--yes");
		},
		// By its NIC: whoever plays a machine may have no SMBIOS.
		async view({ mac }) {
			const { machines: all } = JSON.parse((await asked("machines", "-o", "json")).stdout) as {
				machines: readonly MachineView[];
			};
			const one = all.find((seen) => seen.mac === mac);
			const { code, stdout } = one ? await host.rollcall("show", one.machineId, "-o", "json") : { code: 1, stdout: "" };
			return code === 0 ? (JSON.parse(stdout) as MachineDetail) : undefined;
		},
	};
}
