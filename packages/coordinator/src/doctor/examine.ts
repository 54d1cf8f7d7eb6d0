import { stat } from "node:fs/promises";
import { join } from "node:path";
import { toldAuthority } from "../adapters/files/data-folder.ts";
import { folderHolder } from "../adapters/files/folder-lock.ts";
import { serverPaths } from "../adapters/nats/server-config.ts";
import { pidIn } from "../adapters/nats/server-process.ts";
import type { CoordinatorConfig } from "../config.ts";
import { addressFindings } from "./addresses.ts";
import { agentFindings, namedArchitectures } from "./agents.ts";
import { answerFindings } from "./answers.ts";
import { bootDocumentFindings, clusterDocumentFindings, KeptFiles } from "./boot-files.ts";
import { busFindings } from "./bus-server.ts";
import { clockFinding, diskFindings } from "./computer.ts";
import { dhcpFindings } from "./dhcp.ts";
import { type DoctorFinding, findingsOf } from "./finding.ts";
import { ownInterfaces } from "./interfaces.ts";
import { listenerFindings } from "./listeners.ts";
import { placesOf } from "./places.ts";
import { portFindings } from "./ports.ts";
import { openSockets } from "./sockets.ts";

/** What is to be looked at, and with what. */
interface Examination {
	readonly config: CoordinatorConfig;
	/** The top of this program's tree, where the setup puts an agent and a nats-server. */
	readonly programRoot: string;
	/** False: no DHCP server is looked for. */
	readonly dhcp: boolean;
	/** The machines' interface, where it does not follow from the configuration. */
	readonly networkInterface?: string | undefined;
}

/** Looks at this computer as a coordinator's, before machines are switched on: each finding as it is found. Changes nothing. */
export async function* examine(examination: Examination): AsyncGenerator<DoctorFinding> {
	const { config, programRoot } = examination;
	const places = placesOf(config);
	const interfaces = await ownInterfaces();
	const sockets = await openSockets();
	const coordinator = await folderHolder(config.dataFolder).catch(() => undefined);
	const own = new Set<number>(coordinator === undefined ? [] : [coordinator, ...(await busProcess(config.dataFolder))]);
	yield* await addressFindings(places, interfaces);
	if (coordinator !== undefined) yield* await answerFindings(places, await toldAuthority(config.dataFolder));
	yield* listenerFindings(places, interfaces, sockets, own);
	yield* await portFindings(places, sockets, own);
	yield* filesFindings(config, programRoot);
	yield* await busFindings(config.nats, join(programRoot, ".cache/nats-server/nats-server"));
	yield await clockFinding();
	yield* await diskFindings(config.dataFolder, "embedded" in config.nats ? config.nats.embedded.logBytes : 0);
	if (examination.dhcp) yield* await dhcpFindings(places, interfaces, examination.networkInterface);
}

async function* filesFindings(config: CoordinatorConfig, programRoot: string): AsyncGenerator<DoctorFinding> {
	if (!config.boot) return;
	const { fail } = findingsOf("boot document");
	const kept = await KeptFiles.open(config.dataFolder).catch((error: Error) => error);
	if (kept instanceof Error) {
		const rights = (error: NodeJS.ErrnoException) => error.code === "EACCES";
		const next = rights(kept)
			? "run this as root"
			: "put the folder back from a backup, or remove it and add the files again";
		yield fail(
			`the files in ${join(config.dataFolder, "assets")} cannot be looked at: ${kept.message.slice(0, 500)}`,
			next,
		);
		return;
	}
	const base = placesOf(config)
		.find(({ what }) => what === "boot listener")
		?.url?.replace(/\/+$/, "");
	const boot = await bootDocumentFindings(config.boot.document, kept);
	yield* boot.findings;
	const cluster = config.document ? await clusterDocumentFindings(config.document, kept, base) : undefined;
	yield* cluster?.findings ?? [];
	const bundled = join(programRoot, "dist/agent/rollcall-agent");
	const there = await stat(bundled).then(
		() => bundled,
		() => undefined,
	);
	yield* await agentFindings(namedArchitectures(boot.document, cluster?.document), kept, config.boot.agent ?? there);
}

/** The process of the coordinator's own nats-server. */
async function busProcess(dataFolder: string): Promise<number[]> {
	const pid = await pidIn(serverPaths(dataFolder).pidFile);
	return pid === undefined ? [] : [pid];
}
