import { once } from "node:events";
import { parseArgs } from "node:util";
import { readConfig } from "./adapters/files/read-config.ts";
import { processLogger } from "./adapters/logger/logger.ts";
import { ConfigError } from "./errors.ts";
import { showSecret } from "./wiring/secrets.ts";
import { startCoordinator } from "./wiring/start.ts";

const USAGE = `Usage: rollcall coordinator --config FILE [--tether-stdin | --show SECRET]
       rollcall-coordinator --relay FILE

Runs a coordinator until it gets SIGINT or SIGTERM. FILE is YAML; docs/operations.md lists the settings.
--tether-stdin: it also ends when standard input ends, so that it does not outlive who started it.
--show: it writes a file of the data folder to standard output as it is in clear, and ends; with secrets.key they lie sealed there.
--relay: it is no coordinator, but a relay: tells coordinators who has an address on its link. FILE is YAML; docs/operations.md has its settings.
`;

/** How long an orderly end may take before the process ends anyway, in milliseconds. */
const STOP_WITHIN_MS = 15_000;

async function main(): Promise<number> {
	const { values } = parseArgs({
		options: {
			config: { type: "string" },
			"tether-stdin": { type: "boolean" },
			show: { type: "string" },
			relay: { type: "string" },
			help: { type: "boolean" },
		},
	});
	if (values.relay !== undefined) {
		await relayUntilTold(values.relay, values["tether-stdin"] === true);
		return 0;
	}
	if (values.help || values.config === undefined) {
		process.stderr.write(USAGE);
		return values.help ? 0 : 2;
	}
	const config = readConfig(values.config);
	if (values.show !== undefined) {
		const secret = await showSecret(config, values.show, process.env);
		await new Promise((resolve) => process.stdout.write(secret, resolve));
		return 0;
	}
	const log = processLogger(config.logLevel, process.stderr);
	process.on("unhandledRejection", (error) => log.error({ err: error }, "something failed that nobody waited for"));
	const stopping = new AbortController();
	// A terminal's Ctrl-C comes twice when a parent passes it on, too: the second must not cut the orderly end short.
	const stop = (why: NodeJS.Signals | "stdin"): void => {
		if (stopping.signal.aborted) return;
		log.info({ signal: why }, "stopping");
		setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
		stopping.abort();
	};
	if (values["tether-stdin"]) process.stdin.once("close", () => stop("stdin")).resume();
	process.on("SIGINT", stop);
	process.on("SIGTERM", stop);
	const { signal } = stopping;
	const running = await startCoordinator(config, log, { environment: process.env, signal }).catch((error: unknown) => {
		if (!signal.aborted) throw error;
		log.info({ err: error }, "stopped before it was ready");
		return undefined;
	});
	const failure = signal.aborted ? undefined : await Promise.race([ended(signal), running?.failed]);
	await running?.stop();
	if (failure) throw failure;
	return 0;
}

async function relayUntilTold(file: string, isTethered: boolean): Promise<void> {
	const stopping = new AbortController();
	const stop = (): void => stopping.abort();
	process.on("SIGINT", stop).on("SIGTERM", stop);
	if (isTethered) process.stdin.once("close", stop).resume();
	const { startRelay } = await import("./relay/start.ts");
	await startRelay(file, stopping.signal);
}

async function ended(signal: AbortSignal): Promise<undefined> {
	await once(signal, "abort");
}

main().then(
	(code) => process.exit(code),
	(error: unknown) => {
		const known = error instanceof ConfigError || (error instanceof Error && !(error instanceof TypeError));
		process.stderr.write(
			`rollcall coordinator: ${known ? (error as Error).message : String((error as Error).stack)}\n`,
		);
		process.exit(error instanceof ConfigError ? 2 : 1);
	},
);
