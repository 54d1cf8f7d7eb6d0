import { join } from "node:path";
import { systemReason, type Timestamp } from "@rollcall/protocol";
import type { Logger } from "pino";
import { addAgent } from "../adapters/boot/agent-program.ts";
import {
	Assets,
	AssetWorks,
	agentAssetName,
	ByteBudget,
	bootApp,
	FleetBootCore,
	readAgentAssets,
	readEnrollToken,
} from "../adapters/boot/index.ts";
import { watchBootDocument } from "../adapters/files/boot-document.ts";
import { bootKey } from "../adapters/files/boot-key.ts";
import type { Door } from "../adapters/http/door.ts";
import { namedAssets } from "../boot/named-assets.ts";
import type { BootConfig } from "../config.ts";
import type { SecretFiles } from "../disk/secret-files.ts";
import { ConfigError } from "../errors.ts";
import type { BootWatch } from "../keepers/boot-watch.ts";
import type { Clock } from "../ports/clock.ts";
import type { Core } from "../ports/core.ts";
import { rateLimit } from "../rate/rate-limit.ts";

/** The most addresses that are counted one by one; the one that was silent for longest is forgotten first. */
const ADDRESSES = 16_384;

/** What the boot listener needs of the coordinator around it. */
export interface BootSurroundings {
	readonly dataFolder: string;
	/** How the key of tokens lies there. */
	readonly files: SecretFiles;
	readonly core: Core;
	readonly clock: Clock;
	readonly log: Logger;
	/** Hears of everything that the listener sees. */
	readonly boots: Pick<BootWatch, "see">;
	/** The names by which the listener may be called. */
	readonly hosts: ReadonlySet<string>;
	/** Has its connections taken between two turns. */
	readonly door: Pick<Door, "watch">;
	/** The API as agents reach it, the first address first. */
	readonly apis: () => readonly string[];
	/** The public nkeys of the fleet. */
	readonly signers: readonly string[];
	/** Whom agents are to believe over TLS, PEM; undefined for those that everybody knows. */
	readonly authority: () => string | undefined;
}

/** The listener that machines boot from, before it runs and while it does. */
export class BootListener {
	readonly #config: BootConfig;
	/** Signs the tokens of boots. */
	readonly #key: Uint8Array;
	readonly #around: BootSurroundings;
	#running: RunningBoot | undefined;

	private constructor(config: BootConfig, key: Uint8Array, around: BootSurroundings) {
		this.#config = config;
		this.#key = key;
		this.#around = around;
	}

	/** Reads the key that signs tokens, or makes it at the first start. Throws ConfigError. */
	static async open(config: BootConfig, around: BootSurroundings): Promise<BootListener> {
		return new BootListener(config, await bootKey(around.dataFolder, config.keyFile, around.files), around);
	}

	/** What a token says that a boot from here was signed for enrolling; undefined for any other. */
	readonly signedToken = (token: string) => readEnrollToken(this.#key, token);

	/** The files that machines download, for the API. */
	assets(): AssetWorks | "starting" {
		return this.#running?.assets ?? "starting";
	}

	/** Begins to listen. Returns its URL as machines reach it. Throws ConfigError, or an Error that says what is in the way. */
	async start(): Promise<string> {
		this.#running = await startBoot(this.#config, this.#key, this.#around);
		return this.#running.url;
	}

	async close(): Promise<void> {
		await this.#running?.close();
	}
}

/** A boot listener that runs. */
interface RunningBoot {
	/** As machines reach it, without a slash at the end. */
	readonly url: string;
	readonly assets: AssetWorks;
	close(): Promise<void>;
}

async function startBoot(config: BootConfig, key: Uint8Array, around: BootSurroundings): Promise<RunningBoot> {
	const { dataFolder, core, log } = around;
	const wildcard = config.host === "0.0.0.0" || config.host === "::";
	if (wildcard && config.url === undefined)
		throw new ConfigError(
			`boot.url is missing: machines cannot be sent to ${config.host}; give the address they reach`,
		);
	const assets = await Assets.open(join(dataFolder, "assets"));
	let agents = await addAgent(assets, config.agent, log);
	let url = config.url?.replace(/\/+$/, "") ?? "";
	const onAdded = async (name: string): Promise<void> => {
		if (name === agentAssetName("x64") || name === agentAssetName("arm64")) agents = await readAgentAssets(assets);
	};
	const works = new AssetWorks(assets, onAdded, () => url);
	const watched = await watchBootDocument(config.document, log, (document) => {
		const there = assets.list().map(({ name }) => name);
		const missing = namedAssets(document).filter(
			(wanted) => !there.some((name) => name === wanted || name.startsWith(`${wanted}/`)),
		);
		if (missing.length > 0)
			log.warn(
				{ missing },
				`the boot document names assets that are not there yet: ${missing.join(", ")}; rollcall assets add`,
			);
	});
	const now = (): Timestamp => around.clock.now();
	const app = bootApp({
		core: new FleetBootCore({
			core,
			document: watched.document,
			agents: () => agents,
			coordinators: around.apis,
			signers: around.signers,
			authority: around.authority,
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
		hosts: around.hosts,
		proxies: config.proxies,
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
	around.door.watch(app.server);
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
