import { join } from "node:path";
import { MAX_SNAPSHOTS, sha256Of } from "@rollcall/protocol";
import type { Logger } from "pino";
import { createClock } from "../adapters/clock/drawn-clock.ts";
import { lockFolder } from "../adapters/files/folder-lock.ts";
import { createLastDocument } from "../adapters/files/last-document.ts";
import { createSnapshots } from "../adapters/files/snapshots.ts";
import { buildApp } from "../adapters/http/app.ts";
import { listen } from "../adapters/http/listen.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { createBeacon } from "../adapters/nats/beacon.ts";
import { createBus } from "../adapters/nats/bus.ts";
import { openLog } from "../adapters/nats/log.ts";
import { Responder } from "../adapters/nats/responder.ts";
import { isSignedBy } from "../adapters/nats/signing-key.ts";
import { createPki } from "../adapters/pki/pki.ts";
import { openSnapshotFolder } from "../adapters/snapshots/folder.ts";
import type { CoordinatorConfig } from "../config.ts";
import { makePrivateFolder } from "../disk/atomic-write.ts";
import { fleetFromJson, fleetToJson } from "../domain/snapshot.ts";
import { answerCertify, atMostWaiting } from "../loop/answer-certify.ts";
import { answerHello } from "../loop/answer-hello.ts";
import { ControlLoop } from "../loop/control-loop.ts";
import { sliceOf } from "../loop/slices.ts";
import { VERSION } from "../version.ts";
import { type RunningBoot, startBoot } from "./boot.ts";
import { watchBoots } from "./boots.ts";
import { startClusterKeeper } from "./cluster-keeper.ts";
import { firstDocument } from "./declared.ts";
import { snapshotKeeper, startEtcdKeeper } from "./etcd-keeper.ts";
import { failpointFrom } from "./failpoint.ts";
import { adminToken, announceApi, coordinatorId, seenLog } from "./folder.ts";
import { trustKeeper } from "./keep-trust.ts";
import { startKeyKeeper } from "./key-keeper.ts";
import { tellMissingKeys } from "./missing-keys.ts";
import { openBus } from "./open-bus.ts";
import { projections } from "./projections.ts";
import { readFleet } from "./read-fleet.ts";
import { renderedTargets } from "./targets.ts";

/** Orders for certificates that may wait: some seconds of work, after which their senders would ask again. */
const MAX_ORDERS = 256;

/** A coordinator that runs. */
export interface RunningCoordinator {
	readonly url: string;
	/** Where machines boot from, if they do. */
	readonly boot?: string;
	/** Ends everything that it started, and keeps a snapshot. */
	stop(): Promise<void>;
}

/**
 * Starts a coordinator: bus, API, loop, in this order. Throws an Error that says what is wrong; also when `signal` is aborted
 * before it runs.
 */
export async function startCoordinator(
	config: CoordinatorConfig,
	log: Logger,
	{ environment, signal }: { readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<RunningCoordinator> {
	const { dataFolder } = config;
	await makePrivateFolder(dataFolder);
	const lock = await lockFolder(dataFolder);
	const closers: (() => unknown)[] = [() => lock.release()];
	const close = async (): Promise<void> => {
		for (const one of closers.reverse()) await one();
	};
	try {
		const id = await coordinatorId(dataFolder);
		const adminTokenHash = sha256Of(await adminToken(dataFolder));
		const damaged = (reason: string): void => log.warn(reason);
		const lastDocument = createLastDocument(dataFolder, damaged);
		const seen = seenLog(dataFolder);
		const failpoint = failpointFrom(environment);
		const clock = createClock();
		const metrics = createMetrics();

		const { connection, credentials, close: closeBus } = await openBus(config, { coordinatorId: id, log, signal });
		closers.push(closeBus);
		signal.throwIfAborted();
		const bus = createBus(connection);
		const beacon = createBeacon(connection, { coordinatorId: id, monotonic: () => clock.monotonic() });
		closers.push(() => beacon.close());

		const replicas = "external" in config.nats ? config.nats.external.replicas : 1;
		let origin: string | undefined;
		const snapshots = openSnapshotFolder(config.etcdSnapshotFolder ?? join(dataFolder, "etcd-snapshots"), {
			fleet: credentials.signer,
			log: () => origin,
		});
		const pki = createPki(config.authorityFolder ?? join(dataFolder, "keys", "authorities"), clock, (name) =>
			snapshots.key(name),
		);
		let reconnects = 0;
		connection.on("reconnect", () => {
			reconnects += 1;
		});
		let url = "";
		const targets = renderedTargets();
		const loop = new ControlLoop({
			coordinatorId: id,
			url: () => url,
			openLog: async () => {
				const opened = await openLog(connection, { replicas });
				origin = await opened.origin();
				return opened;
			},
			snapshots: createSnapshots({ dataFolder, toJson: fleetToJson, fromJson: fleetFromJson, onDamaged: damaged }),
			bus,
			beacon,
			credentials,
			clock,
			connected: () => connection.connected(),
			reconnects: () => reconnects,
			summarize: targets.summarize,
			trust: () => pki.trust(),
			beginning: async () => {
				const before = await seen.load();
				return {
					hadLog: before !== undefined && before !== origin,
					document: await firstDocument(lastDocument, config.document),
					adminTokenHash,
					snapshots: await snapshots.list(MAX_SNAPSHOTS),
				};
			},
			failpoint,
			watcher: {
				onLeading: (leads) => {
					if (leads) responder.lead();
					else responder.follow();
					log.info({ coordinatorId: id }, leads ? "this coordinator leads" : "this coordinator does not lead any more");
					if (leads) void tellMissingKeys(pki, loop.fleet().trust?.trust, log);
				},
				onTurn: (ms) => metrics.turn(ms / 1000),
				onAppend: (outcome, ms) => metrics.append(outcome, ms / 1000),
				onTrouble: (what, error) => log.error({ err: error }, what),
			},
		});
		const responder = new Responder({
			connection,
			core: loop,
			verify: (signed) => credentials.verify(signed),
			answerHello: (machineId, hello, answer) =>
				answerHello({ machineId, hello, answer }, { fleet: loop.fleet(), targets, credentials }),
			answerCertify: atMostWaiting(MAX_ORDERS, (machineId, message) =>
				answerCertify(
					{ machineId, message },
					{ core: loop, pki, render: targets.render, verify: isSignedBy, lifeSeconds: config.certificateSeconds },
				),
			),
			onBadMessage: ({ verb, reason, machineId, text }) => {
				metrics.badMessage(reason);
				log.debug({ verb, reason, machineId }, `message not taken: ${text}`);
			},
		});
		closers.push(() => responder.close());
		const keepTrust = trustKeeper({
			newest: () => loop.fleet().trust?.trust,
			keep: (trust) => pki.keep(trust),
			onTrouble: (error) => log.error({ err: error }, "could not keep whom the machines believe"),
		});
		let noted: string | undefined;
		loop.subscribe((event) => {
			metrics.event(event.type);
			// Also of a log that another coordinator leads: whoever begins anew must know that there was one.
			if (origin !== noted && origin !== undefined) {
				noted = origin;
				void seen
					.save(origin)
					.catch((error: unknown) => log.error({ err: error }, "could not note which log is followed"));
			}
			log.info(
				{ seq: event.seq, type: event.type, machineId: "machineId" in event ? event.machineId : undefined },
				projections.describe(event),
			);
			if (event.type === "trust-changed") keepTrust();
			if (event.type === "cluster-declared") {
				void lastDocument
					.save(event.document)
					.catch((error: unknown) => log.error({ err: error }, "could not keep the declared document"));
			}
		});
		metrics.observeFleet(() => readFleet(loop.fleet(), loop.leadership().leads));

		const boots = watchBoots({ core: loop, clock, log, onRefused: metrics.bootRefused });
		closers.push(() => boots.close());
		metrics.observeBoots(boots.reading);
		let boot: RunningBoot | undefined;

		const { summarize } = sliceOf(targets.summarize, 0);
		const keeping = { core: loop, clock, pki, log, snapshots };
		const saving = snapshotKeeper(keeping);
		const app = buildApp({
			core: loop,
			boots,
			assets: () => boot?.assets ?? (config.boot ? "starting" : undefined),
			credentials,
			bus,
			clock,
			failpoint,
			log,
			pki,
			snapshots: { take: () => saving.take(), file: (name) => snapshots.file(name) },
			projections,
			summary: summarize,
			metrics,
			config: { coordinatorId: id, version: VERSION, adminTokenHash, metricsOnLoopback: true, allowedOrigins: [] },
		});
		closers.push(() => app.close());
		const local = await listen(app, config.http);
		url = config.advertise.http ?? local;
		loop.start();
		closers.push(() => loop.stop());
		closers.push(startEtcdKeeper(keeping, saving));
		closers.push(startClusterKeeper({ core: loop, clock, pki, log, summarize, manifests: config.manifests }));
		closers.push(startKeyKeeper({ core: loop, clock, pki, log, summarize }));
		boot = config.boot && (await startBoot(config.boot, { dataFolder, core: loop, clock, log, boots, api: () => url }));
		closers.push(() => boot?.close());
		const urls = { url: local, ...(boot ? { boot: boot.url } : {}) };
		await announceApi(dataFolder, urls);
		log.info({ ...urls, coordinatorId: id }, "the API listens");
		return { ...urls, stop: close };
	} catch (error) {
		await close();
		throw error;
	}
}
