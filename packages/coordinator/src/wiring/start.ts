import { hostname } from "node:os";
import type { Logger } from "pino";
import { createDocumentReader } from "../adapters/documents/document-reader.ts";
import { checkBootDocument } from "../adapters/files/boot-document.ts";
import { announceApi, takeDataFolder } from "../adapters/files/data-folder.ts";
import { readClusterDocument } from "../adapters/files/first-document.ts";
import { buildApp } from "../adapters/http/app.ts";
import { Door } from "../adapters/http/door.ts";
import { listen } from "../adapters/http/listen.ts";
import { readFleet } from "../adapters/metrics/read-fleet.ts";
import { watchTwins } from "../adapters/nats/twins.ts";
import { neighbourMac } from "../adapters/network/neighbours.ts";
import { observer } from "../adapters/network/observe.ts";
import { checkAddresses } from "../adapters/network/own-addresses.ts";
import { Relays } from "../adapters/network/relays.ts";
import { oidcPeople } from "../adapters/oidc/provider.ts";
import { createAttester } from "../adapters/tpm/attester.ts";
import { readMakers } from "../adapters/tpm/makers.ts";
import type { CoordinatorConfig } from "../config.ts";
import { watchAccess } from "../keepers/access-watch.ts";
import { watchBoots } from "../keepers/boot-watch.ts";
import { keepKeys } from "../keepers/key-keeper.ts";
import { tellMissingKeys } from "../keepers/missing-keys.ts";
import { PodRoutes } from "../keepers/pod-routes.ts";
import { begin, toldTo } from "../keepers/rounds.ts";
import { watchSeats } from "../keepers/seat-watch.ts";
import { clusterChecker } from "../keepers/start/cluster-checker.ts";
import { startClusterKeeper } from "../keepers/start/cluster-keeper.ts";
import { askVoters, snapshotKeeper, startEtcdKeeper } from "../keepers/start/etcd-keeper.ts";
import { ownAccess } from "../keepers/start/own-access.ts";
import { slicesOf } from "../loop/slices.ts";
import { VERSION } from "../version.ts";
import { openBase } from "./base.ts";
import { BootListener } from "./boot.ts";
import { openBusParts } from "./bus.ts";
import { createLoop } from "./control-loop.ts";
import { fastDigests } from "./fast-digests.ts";
import { followEvents } from "./follow-events.ts";
import { openKeys } from "./keys.ts";
import { followListeners } from "./listeners.ts";
import { OwnAddress } from "./own-address.ts";
import { ownNames } from "./own-names.ts";
import { projections } from "./projections.ts";
import { createResponder } from "./responder.ts";
import { renderedTargets } from "./targets.ts";
import { tellStart } from "./tell-start.ts";
import { openTls, toldApis, toldAuthority } from "./tls.ts";

/** A coordinator that runs. */
export interface RunningCoordinator {
	readonly url: string;
	/** Where machines boot from, if they do. */
	readonly boot?: string;
	/** Resolves when it has to end, with the reason. */
	readonly failed: Promise<Error>;
	/** Ends everything that it started, and keeps a snapshot. */
	stop(): Promise<void>;
}

/** `signal` ends a start that is under way. */
interface Start {
	readonly environment: NodeJS.ProcessEnv;
	readonly signal: AbortSignal;
}

/**
 * Starts a coordinator: bus, API, loop, in this order. Throws an Error that says what is wrong; also when `signal` is aborted
 * before it runs.
 */
export async function startCoordinator(
	config: CoordinatorConfig,
	log: Logger,
	start: Start,
): Promise<RunningCoordinator> {
	fastDigests();
	const closing = new AsyncDisposableStack();
	const failed = Promise.withResolvers<Error>();
	try {
		const urls = await startParts(config, log, { ...start, closing, fail: failed.resolve });
		return { ...urls, failed: failed.promise, stop: () => closing.disposeAsync() };
	} catch (error) {
		await closing.disposeAsync().catch((late: unknown) => log.error({ err: late }, "not everything could be closed"));
		throw error;
	}
}

/** Starts all parts, each after those that it needs. What is put on `closing` ends them, the last one first. */
async function startParts(
	config: CoordinatorConfig,
	log: Logger,
	{
		environment,
		signal,
		closing,
		fail,
	}: Start & { readonly closing: AsyncDisposableStack; readonly fail: (reason: Error) => void },
): Promise<Pick<RunningCoordinator, "url" | "boot">> {
	// What is wrong with them ends the start at once, before anything is begun.
	if (config.document !== undefined) await readClusterDocument(config.document);
	if (config.boot?.document !== undefined) await checkBootDocument(config.boot.document);
	await checkAddresses(config);
	const lock = await takeDataFolder(config.dataFolder);
	closing.defer(() => lock.release());
	const base = await openBase(config, log, { environment, closing });
	const { clock, metrics } = base;
	const makers = config.tpm.authorities === undefined ? undefined : await readMakers(config.tpm.authorities);
	const address = new OwnAddress(config.advertise.http);
	const hosts = new Set(ownNames(config));
	const ownTls = await openTls(base, closing);
	const { shown: tls } = ownTls;

	const bus = await openBusParts(base, { tls, signal, closing });
	const { pki, snapshots, accounts } = openKeys(base, bus);
	const targets = renderedTargets();
	const door = new Door();
	const { core, onLeading } = createLoop(base, bus, { keys: { pki, snapshots }, targets, url: address.url, door });
	const twins = await watchTwins(bus.connection, {
		coordinatorId: base.id,
		place: `${hostname()}:${config.dataFolder}`,
		clock,
		onTwin: (text) => log.error(text),
		onYield: fail,
	});
	closing.defer(() => twins.close());
	onLeading((leads) => leads && twins.say());
	followEvents(base, { core, pki, origin: bus.eventLog.origin, onLeading });
	metrics.observeFleet(() => {
		const acts = core.actsIn() !== undefined;
		return readFleet(core.fleet(), { leads: core.leadership().leads, acts, now: clock.now() });
	});

	const routes = new PodRoutes({ core, bus: bus.bus, now: () => clock.now(), monotonic: () => clock.monotonic() });
	closing.defer(() => routes.close());
	onLeading((leads) => routes.lead(leads));
	const relays = new Relays(config.relays, {
		monotonic: () => clock.monotonic(),
		isBy: bus.credentials.isBy,
		tell: (text) => log.warn(text),
	});
	closing.defer(() => relays.close());
	const canSee = (addresses: readonly string[]): boolean => relays.canSee(addresses);
	const responder = createResponder(base, bus, { core, pki, accounts, targets, routes, canSee });
	closing.defer(() => responder.close());
	onLeading((leads) => (leads ? responder.lead() : responder.follow()));
	onLeading((leads) => leads && void tellMissingKeys(pki, core.fleet().trust?.trust, log));

	const boots = watchBoots({ core, clock, log, onRefused: metrics.bootRefused });
	closing.defer(() => boots.close());
	metrics.observeBoots(boots.reading);
	const boot =
		config.boot &&
		(await BootListener.open(config.boot, {
			dataFolder: config.dataFolder,
			files: base.files,
			core,
			clock,
			log,
			boots,
			hosts,
			door,
			apis: () => toldApis(address.url(), tls === undefined),
			signers: bus.credentials.signers,
			authority: toldAuthority(config, ownTls, bus.authority),
		}));

	const { summarize } = slicesOf(targets.summarize, 0)();
	const keeping = { core, clock, pki, log, snapshots, summarize };
	const saving = snapshotKeeper(keeping);
	const access = ownAccess(keeping);
	const checker = clusterChecker({ ...keeping, access });
	const accessWatch = watchAccess({ core, clock });
	closing.defer(() => accessWatch.close());
	const seatWatch = watchSeats({ core, clock });
	closing.defer(() => seatWatch.close());
	const documents = createDocumentReader();
	closing.defer(() => documents.close());
	const app = buildApp({
		observe: observer(neighbourMac, relays),
		relay: (request) => relays.take(request),
		attester: createAttester(() => clock.wall(), makers),
		access: accessWatch,
		people: config.oidc && oidcPeople(config.oidc, { clock }),
		core,
		credentials: bus.credentials,
		bus: bus.bus,
		clock,
		failpoint: base.failpoint,
		log,
		metrics,
		boots,
		assets: () => boot?.assets(),
		signedToken: (token) => boot?.signedToken(token),
		pki,
		listeners: ownTls.own,
		accounts,
		snapshots: { take: () => saving.take(), file: (name) => snapshots.file(name) },
		checker,
		askVoters: () => askVoters(keeping),
		tls,
		holders: ownTls.holders,
		projections: { ...projections, parseDocument: documents.parse },
		summary: summarize,
		config: {
			coordinatorId: base.id,
			version: VERSION,
			adminTokenHash: base.admin.hash,
			adminTokenMadeAt: base.admin.madeAt,
			metricsOnLoopback: config.metrics.open === "loopback",
			hosts,
		},
	});
	closing.defer(() => app.close());
	door.watch(app.server);
	const url = await listen(app, config.http);
	address.listensAt(url);

	core.start();
	closing.defer(() => core.stop());
	closing.defer(() => checker.close());
	closing.defer(startEtcdKeeper(keeping, saving));
	closing.defer(
		startClusterKeeper({
			coordinatorId: base.id,
			...keeping,
			access,
			render: targets.render,
			certificateSeconds: config.certificateSeconds,
			manifests: config.manifests,
		}),
	);
	closing.defer(begin((signal) => keepKeys({ ...keeping, onTrouble: toldTo(log) }, signal)));
	if (ownTls.own) closing.defer(followListeners(ownTls.own, { ...keeping, bus: bus.bus, ofBus: bus.authority }));
	closing.defer(() => boot?.close());
	const urls = { url, ...(boot ? { boot: await boot.start() } : {}) };
	const authority = tls?.authority();
	const announce = (): Promise<void> => {
		const told = tls?.authority();
		return announceApi(config.dataFolder, { ...urls, ...(told === undefined ? {} : { authority: told }) });
	};
	await announce();
	tls?.onReplaced(
		() => void announce().catch((error: unknown) => log.error({ err: error }, "could not write api.json")),
	);
	tellStart(log, { config, admin: base.admin, urls, busPort: bus.port, authority, coordinatorId: base.id });
	return urls;
}
