import { hash } from "node:crypto";
import { rmSync } from "node:fs";
import { check, computeSha256By, systemReason, WRITE_ROOTS } from "@rollcall/protocol";
import { createEnroll } from "./adapters/enroll/enroll.ts";
import { createFactsReader } from "./adapters/facts/facts.ts";
import { createEtcdData } from "./adapters/files/etcd-data.ts";
import { createMemory } from "./adapters/files/memory.ts";
import { lockMachine } from "./adapters/files/state-lock.ts";
import { createTargetFiles } from "./adapters/files/target-files.ts";
import { createTimeFiles } from "./adapters/files/time-files.ts";
import { processLog } from "./adapters/journal/log.ts";
import { nodeKeyring } from "./adapters/keys/keyring.ts";
import { createConnect } from "./adapters/nats/link.ts";
import { createPodKernel } from "./adapters/network/pod-kernel.ts";
import { readOwnFile } from "./adapters/own-file.ts";
import { createLastWords } from "./adapters/probes/last-words.ts";
import { createProber } from "./adapters/probes/prober.ts";
import { createRehearsedKernel } from "./adapters/rehearsal/pod-kernel.ts";
import { whenStdinEnds } from "./adapters/rehearsal/tether.ts";
import { createRehearsalUnits } from "./adapters/rehearsal/units.ts";
import { createServerTrust } from "./adapters/server-trust.ts";
import { systemClock } from "./adapters/system-clock.ts";
import { isGoingDown } from "./adapters/systemd/going-down.ts";
import { createNotify } from "./adapters/systemd/notify.ts";
import { createSystemdUnits } from "./adapters/systemd/systemctl.ts";
import { createTpm } from "./adapters/tpm/attest.ts";
import { createUserKey, signWithSeed } from "./adapters/user-key.ts";
import { AgentConfig } from "./config.ts";
import { runAgent } from "./loop/agent.ts";
import type { Log } from "./ports.ts";
import { VERSION } from "./version.ts";

/** Exit code that asks systemd, or the rehearsal, to start the agent again. */
const AGAIN = 75;
/** How long a rehearsed agent may take to end when its machine is gone. */
const TETHER_GRACE_MS = 1_000;

/** Reads the configuration. Throws Error naming the file and the field. */
function readConfig(path: string): AgentConfig {
	let value: unknown;
	try {
		value = JSON.parse(readOwnFile(path));
	} catch (error) {
		const why = error instanceof SyntaxError ? "not JSON" : systemReason(error);
		throw new Error(
			`the agent's configuration ${path} cannot be read: ${why}; boot this machine anew, so that it is written again, or name another file with --config`,
		);
	}
	const config = check(AgentConfig, value, path);
	if (!config.ok) throw new Error(config.problem.message);
	return config.value;
}

/** Runs an agent with everything real until it is told to stop. Returns the exit code. */
export async function run(configPath: string): Promise<number> {
	const config = readConfig(configPath);
	computeSha256By((input) => hash("sha256", input, "hex"));
	const log = processLog(config.logLevel);
	const root = config.root === "/" ? "/" : config.root.replace(/\/+$/, "");
	const { rehearsal } = config;
	const units = rehearsal ? createRehearsalUnits(rehearsal.socket) : createSystemdUnits();
	const notify = createNotify(process.env, process.pid);
	const stop = new AbortController();
	for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
	// A rehearsed agent must not outlive its machine: no clean end is worth waiting for long.
	if (rehearsal)
		soon(() =>
			whenStdinEnds(() => {
				stop.abort();
				setTimeout(() => process.exit(AGAIN), TETHER_GRACE_MS).unref();
			}),
		);
	log.info("starting", { version: VERSION, pid: process.pid });
	const place = { root, writeRoots: WRITE_ROOTS };
	const stateFolder = root === "/" ? config.stateFolder : `${root}${config.stateFolder}`;
	lockMachine(root, stateFolder);
	const memory = createMemory(stateFolder);
	const untouched = () => memory.ledger().files.length === 0 && memory.good() === undefined;
	const tpm = config.tpm ?? (root === "/" ? "/dev/tpmrm0" : undefined);
	const trust = createServerTrust(config.authority);
	const end = await runAgent(
		{
			files: createTargetFiles(place, undefined, trust.authority),
			etcdData: createEtcdData(root),
			timeFiles: createTimeFiles(root),
			memory,
			units,
			createProber: (routes) =>
				createProber(
					{ loopback: rehearsal?.loopback ?? "127.0.0.1", root, plain: rehearsal !== undefined },
					units,
					routes,
				),
			podKernel: rehearsal ? createRehearsedKernel(root) : createPodKernel(),
			lastWords: createLastWords(root, units),
			facts: createFactsReader(config, { path: `${stateFolder}/system-share.json`, untouched }),
			enroll: createEnroll(config.coordinators, {
				authority: trust.authority,
				...(tpm === undefined ? {} : { tpm: createTpm(tpm) }),
				tell: log.warn,
			}),
			connect: createConnect(Math.random, trust.authority),
			clock: systemClock,
			log,
			random: Math.random,
			rejoinAfterMs: config.rejoinAfterSeconds * 1000,
			writeRoots: WRITE_ROOTS,
			isGoingDown: rehearsal ? async () => false : isGoingDown,
			standIns: rehearsal !== undefined,
			createKeys: createUserKey,
			signers: config.signers,
			trust,
			keyring: nodeKeyring,
			sign: signWithSeed,
			token: () => readToken(config.tokenFile, log),
			dropToken: () => dropToken(config.tokenFile),
			ready: () => soon(() => notify.ready("running")),
		},
		stop.signal,
	);
	notify.end();
	await notify.stopping();
	log.info("stopped", { reason: end });
	return end === "stopped" ? 0 : AGAIN;
}

/** Does what takes some milliseconds, and nobody waits for, once the agent itself waits for an answer. */
function soon(work: () => void): void {
	setImmediate(work);
}

/** Without a token the agent asks to enroll all the same: what it runs may prove who it is. */
function readToken(path: string | undefined, log: Log): string | undefined {
	try {
		return path === undefined ? undefined : readOwnFile(path).trim().slice(0, 128) || undefined;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT")
			log.warn("the one-time token cannot be read; boot this machine anew, so that it fetches another one", {
				file: path ?? "",
				reason: systemReason(error),
			});
		return undefined;
	}
}

function dropToken(path: string | undefined): void {
	try {
		if (path !== undefined) rmSync(path, { force: true });
	} catch {
		// It was used and is worth nothing any more.
	}
}
