import { rm } from "node:fs/promises";
import type { Logger } from "pino";
import { createClock, systemTime } from "../adapters/clock/drawn-clock.ts";
import { adminToken } from "../adapters/files/admin-token.ts";
import { coordinatorId, seenLog } from "../adapters/files/data-folder.ts";
import { createLastDocument } from "../adapters/files/last-document.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import type { CoordinatorConfig } from "../config.ts";
import { ramFolder } from "../disk/ram-folder.ts";
import { VERSION } from "../version.ts";
import { failpointFrom } from "./failpoint.ts";
import { startSecrets } from "./secrets.ts";

/** What all parts need: the settings, the contents of the data folder, clock, log and metrics. */
export type Base = Awaited<ReturnType<typeof openBase>>;

/** Reads the data folder, and makes what a first start finds missing there. The folder is there, and locked. What is begun is put on `closing`. */
export async function openBase(
	config: CoordinatorConfig,
	log: Logger,
	{ environment, closing }: { readonly environment: NodeJS.ProcessEnv; readonly closing: AsyncDisposableStack },
) {
	const { dataFolder } = config;
	const seen = seenLog(dataFolder);
	await seen.begin();
	const files = await startSecrets(config, log, environment);
	const ram = files.isSealing ? await ramFolder(dataFolder, environment) : undefined;
	if (ram !== undefined) closing.defer(() => rm(ram, { recursive: true, force: true }));
	return {
		/** How secrets are read and written. */
		files,
		/** A folder in RAM for what is read by others in clear; undefined where secrets lie in clear anyway. */
		ram,
		config,
		log,
		id: await coordinatorId(dataFolder),
		admin: await adminToken(dataFolder, files),
		lastDocument: createLastDocument(dataFolder, (reason) => log.warn(reason), files),
		seenLog: seen,
		failpoint: failpointFrom(environment),
		clock: createClock({
			...systemTime,
			onStep: (byMs) => log.warn({ byMs }, `the clock of this computer was set by ${Math.round(byMs / 1000)} s`),
		}),
		metrics: createMetrics(VERSION),
	};
}
