import { join } from "node:path";
import { systemReason, type Timestamp } from "@rollcall/protocol";
import type { Logger } from "pino";
import {
	Assets,
	AssetWorks,
	agentAssetName,
	ByteBudget,
	bootApp,
	FleetBootCore,
	readAgentAssets,
} from "../adapters/boot/index.ts";
import { type BootConfig, ConfigError } from "../config.ts";
import type { Clock, Core } from "../ports.ts";
import { rateLimit } from "../rate/rate-limit.ts";
import { watchBootDocument } from "./boot-document.ts";
import type { BootWatch } from "./boots.ts";
import { addAgent } from "./bundled-agent.ts";
import { bootKey } from "./folder.ts";

/** So many addresses are told apart; the one that was silent for longest is forgotten first. */
const ADDRESSES = 16_384;

/** What the boot listener needs of the coordinator around it. */
export interface BootSurroundings {
	readonly dataFolder: string;
	readonly core: Core;
	readonly clock: Clock;
	readonly log: Logger;
	/** Hears of everything that the listener sees. */
	readonly boots: Pick<BootWatch, "see">;
	/** The API as agents reach it. */
	readonly api: () => string;
}

/** A boot listener that runs. */
export interface RunningBoot {
	/** As machines reach it, without a slash at the end. */
	readonly url: string;
	/** The files that machines download, for the API. */
	readonly assets: AssetWorks;
	close(): Promise<void>;
}

/** Starts the listener that machines boot from. Throws ConfigError, or an Error that says what is in the way. */
export async function startBoot(config: BootConfig, around: BootSurroundings): Promise<RunningBoot> {
	const { dataFolder, core, log } = around;
	const wildcard = config.host === "0.0.0.0" || config.host === "::";
	if (wildcard && config.url === undefined)
		throw new ConfigError(
			`boot.url is missing: machines cannot be sent to ${config.host}; give the address they reach`,
		);
	const key = await bootKey(dataFolder, config.keyFile);
	const assets = await Assets.open(join(dataFolder, "assets"));
	await addAgent(assets, config.agent, log);
	let agents = await readAgentAssets(assets);
	const works = new AssetWorks(assets, async (name) => {
		if (name === agentAssetName("x64") || name === agentAssetName("arm64")) agents = await readAgentAssets(assets);
	});
	const watched = await watchBootDocument(config.document, log);
	const now = (): Timestamp => around.clock.now();
	let url = config.url?.replace(/\/+$/, "") ?? "";
	const app = bootApp({
		core: new FleetBootCore({
			core,
			document: watched.document,
			agents: () => agents,
			coordinators: () => [around.api()],
			now,
			record: (sighting) => around.boots.see(sighting, watched.document()),
		}),
		assets,
		budget: new ByteBudget({
			bytes: config.maxBytesInFlight,
			perClient: config.downloadsPerClient,
			bytesPerSecond: config.bytesPerSecond,
		}),
		requests: rateLimit(
			{ perSecond: config.requestsPerSecond, burst: 2 * config.requestsPerSecond },
			around.clock,
			ADDRESSES,
		),
		url: () => url,
		key,
		now,
		log,
	});
	const close = async (): Promise<void> => {
		watched.close();
		works.close();
		await app.close();
	};
	try {
		const local = await app.listen({ host: config.host, port: config.port });
		url ||= local;
	} catch (error) {
		await close();
		const why = `${systemReason(error)}; give another boot.host or boot.port, or end what has it`;
		throw new Error(`the boot listener cannot listen on ${config.host} port ${config.port}: ${why}`, {
			cause: error,
		});
	}
	return { url, assets: works, close };
}
