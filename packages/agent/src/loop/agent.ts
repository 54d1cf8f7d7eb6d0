import { type CertifyOrder, certifyText, type Facts, type Hello } from "@rollcall/protocol";
import { LinkError } from "../errors.ts";
import type { Enroll } from "../ports/enrollment.ts";
import type { EtcdData } from "../ports/etcd-data.ts";
import type { Connect, FactsReader, Keyring, Link, PodKernel, Prober, ServerTrust, TimeFiles } from "../ports.ts";
import type { ApplyParts } from "./apply.ts";
import { type Keys, openBootIdentity } from "./boot-identity.ts";
import { answerCommand } from "./commands.ts";
import { createCredentialStore } from "./credential-store.ts";
import { createEtcdMemoryKeeper } from "./etcd-memory.ts";
import { createJoiner } from "./joiner.ts";
import { createPodNetworkKeeper, type PodNetworkKeeper } from "./pod-network.ts";
import { createRenewal } from "./renewal.ts";
import { createReporter } from "./reporter.ts";
import { runSession } from "./session.ts";
import { createTargetKeeper } from "./target-keeper.ts";
import { createTimeServers } from "./time-servers.ts";

/** Facts of this age are as good as fresh ones, in milliseconds. */
const FRESH_MS = 1_000;
/** Between two looks at the boot id while fenced. */
const FENCED_MS = 60_000;
/** How long the first report waits for the first look at every component. */
const FIRST_ROUND_MS = 1_000;

/** All that an agent is made of. `ready` is called once its work has begun. */
export interface AgentParts extends Omit<ApplyParts, "credentials" | "etcd" | "podNetwork" | "prober"> {
	/** Looks at components; `routes` says how the routes to pods are. */
	readonly createProber: (routes: PodNetworkKeeper["state"]) => Prober;
	readonly podKernel: PodKernel;
	readonly etcdData: EtcdData;
	readonly timeFiles: TimeFiles;
	readonly keyring: Keyring;
	/** Signs a text (Ed25519, base64) with the seed of this boot's identity. */
	readonly sign: (seed: string, text: string) => string;
	readonly facts: FactsReader;
	readonly enroll: Enroll;
	readonly connect: Connect;
	readonly random: () => number;
	readonly createKeys: () => Keys;
	/** The public nkeys of the fleet that the configuration names. */
	readonly signers: readonly string[];
	/** Whom servers with TLS are believed by. */
	readonly trust: ServerTrust;
	readonly token: () => string | undefined;
	readonly dropToken: () => void;
	readonly ready: () => void;
	/** True where what targets run may be stand-ins: an etcd that is well has no data then. */
	readonly standIns: boolean;
	/** Whether the whole system shuts down, and not the agent alone. */
	readonly isGoingDown: () => Promise<boolean>;
	/** How long the bus may be unreachable before the agent enrolls again, in milliseconds; up to twice as long, at random. */
	readonly rejoinAfterMs: number;
}

/**
 * Runs an agent until `signal` is aborted, or until it finds itself in another boot than it began in (then it must be
 * started again). Takes up what ran before it without any coordinator. Throws only when the boot id cannot be read or its
 * state cannot be written.
 */
export async function runAgent(parts: AgentParts, signal: AbortSignal): Promise<"stopped" | "other-boot"> {
	const { clock, log, memory } = parts;
	let podNetwork: PodNetworkKeeper | undefined;
	const facts = freshFacts(parts, () => podNetwork?.destinations());
	const { bootId } = await facts();
	const before = memory.identity()?.bootId;
	// The state folder outlived a boot, so what it says ran does not run any more.
	if (before !== undefined && before !== bootId) memory.forget("boot");
	const identity = openBootIdentity(parts, bootId);
	const routing = createPodNetworkKeeper({ ...parts, bootId });
	podNetwork = routing;

	const fenced = new AbortController();
	const fence = (reason: string) => {
		if (!fenced.signal.aborted) log.error("fenced: this boot stays silent from now on", { reason });
		fenced.abort();
	};
	let askHello = () => {};
	let link: Link | undefined;
	const certify = async (order: CertifyOrder) => {
		if (!link) throw new LinkError("certify: not connected");
		const { seed } = identity.current();
		return await link.certify({ order, signature: parts.sign(seed, certifyText(order)) });
	};
	const credentials = createCredentialStore({ ...parts, bootId, certify, fenced: fence });
	const reporter = createReporter({
		...parts,
		fenced: fence,
		ready: () => firstReport,
		state: () => {
			const standing = keeper.standing();
			const progress = standing ? { progress: standing.progress } : {};
			const generation = standing?.generation ?? 0;
			return { bootId, generation, ...progress, health: renewal.health(), memory: etcd.present() };
		},
	});
	const etcd = createEtcdMemoryKeeper({ ...parts, bootId, changed: reporter.wake });
	const keeper = createTargetKeeper({
		...parts,
		prober: parts.createProber(routing.state),
		credentials,
		etcd,
		podNetwork: routing,
		changed: reporter.wake,
		machineId: identity.machineId,
	});
	const renewal = createRenewal({ ...parts, credentials, keeper, changed: reporter.wake });
	const started = keeper.start();
	const firstReport = Promise.race([started.then(keeper.firstRound), clock.sleep(FIRST_ROUND_MS, signal)]);
	void firstReport.then(() => {
		if (keeper.standing()) reporter.wake();
	});

	const hello = async (): Promise<Hello> => {
		const running = keeper.running();
		return {
			bootId,
			publicKey: identity.current().publicKey,
			facts: await facts(),
			// Also of a target that it does not run yet, or that failed: nothing below it is taken.
			generation: keeper.highest(),
			renew: identity.renewalDue(),
			memory: etcd.present(),
			...(running ? { digest: running.target.digest, proof: running.proof } : {}),
		};
	};
	const joiner = createJoiner({ ...parts, facts, identity, running: keeper.running });
	const commandParts = {
		...parts,
		keeper,
		identity,
		uptimeSeconds: () => process.uptime(),
		changed: () => askHello(),
		taken: {},
	};
	parts.ready();
	const live = AbortSignal.any([signal, fenced.signal]);
	const renewing = renewal.run(live);
	const watching = Promise.all([etcd.watch(live), routing.watch(live)]);
	await runSession(
		{
			...parts,
			identity,
			joiner,
			keeper,
			reporter,
			renewal,
			timeServers: createTimeServers({ ...parts, facts }),
			podNetwork: routing,
			hello,
			fence,
			command: (command) => answerCommand(commandParts, command),
			onLink: (now) => {
				link = now;
			},
			onHelloLoop: (wake) => {
				askHello = wake;
			},
		},
		live,
	);
	await Promise.all([renewing, watching]);
	while (!signal.aborted) {
		if ((await parts.facts.read()).bootId !== bootId) {
			await keeper.stop();
			return "other-boot";
		}
		await clock.sleep(FENCED_MS, signal);
	}
	await keeper.stop();
	return "stopped";
}

function freshFacts(
	{ facts, clock }: Pick<AgentParts, "facts" | "clock">,
	own: () => ReadonlySet<string> | undefined,
): () => Promise<Facts> {
	let last: { at: number; facts: Facts } | undefined;
	return async () => {
		if (last && clock.monotonic() - last.at < FRESH_MS) return last.facts;
		last = { at: clock.monotonic(), facts: await facts.read(own()) };
		return last.facts;
	};
}
