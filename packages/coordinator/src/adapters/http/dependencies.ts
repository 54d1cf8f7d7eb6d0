import type {
	ApiScope,
	AssetRequest,
	AssetView,
	AssetWork,
	BootView,
	CheckRequest,
	CheckView,
	ClusterDocument,
	Consequences,
	Digest,
	EtcdSnapshot,
	Event,
	Mac,
	MachineId,
	MachineView,
	Plan,
	Problem,
	ProgramSource,
	Reach,
	RelayReply,
	RelayRequest,
	Why,
} from "@rollcall/protocol";
import type { Logger } from "pino";
import type { BootFilter } from "../../boot/waterfall/boot-view.ts";
import type { InForce } from "../../document/in-force.ts";
import type { NamedAssets } from "../../document/named-assets.ts";
import type { ParsedDocument } from "../../document/parse-document.ts";
import type { Fleet, Machine } from "../../domain/fleet.ts";
import type { InputOf, SignedToken } from "../../domain/inputs.ts";
import type { Rendered, SummaryIfKnown } from "../../domain/observed.ts";
import type { Attester } from "../../ports/attester.ts";
import type { Bus } from "../../ports/bus.ts";
import type { CertificateHolders } from "../../ports/certificate-holders.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Core } from "../../ports/core.ts";
import type { Credentials } from "../../ports/credentials.ts";
import type { Failpoint } from "../../ports/failpoint.ts";
import type { ListenerSuccession } from "../../ports/listener-succession.ts";
import type { People } from "../../ports/people.ts";
import type { Pki } from "../../ports/pki.ts";
import type { RegistryAccounts } from "../../ports/registry-accounts.ts";
import type { ApiLimits } from "./limits.ts";
import type { ShownPair } from "./secure-front.ts";

/** How the state is shown: pure functions of the domain and the renderer, joined by `main`. */
export interface Projections {
	/**
	 * Reads a document away from the loop. `assets`: those that it may name; without them it can name none. `inForce`: what it
	 * leaves out, and its cluster has.
	 */
	parseDocument(text: string, assets?: NamedAssets, inForce?: InForce): ParsedDocument | Promise<ParsedDocument>;
	machineView(fleet: Fleet, machine: Machine): MachineView;
	/** `events`: those of the machine's trail and of the causes behind them, oldest first. */
	why(fleet: Fleet, machine: Machine, events: readonly Event[]): Why;
	plan(fleet: Fleet, declared: { document: ClusterDocument; digest: Digest; warnings: readonly string[] }): Plan;
	/** What would follow from a role by hand or labels of a machine, or why it would be refused. */
	planMachine(fleet: Fleet, input: InputOf<"pin-role"> | InputOf<"label">): Consequences | Problem;
	/** What the machine's seat means for it; undefined when it has none. */
	target(fleet: Fleet, machine: Machine): Rendered | undefined;
	/** Who brings the programs of its role; undefined when it has none. */
	programs(fleet: Fleet, machine: Machine): ProgramSource[] | undefined;
	stateDigest(fleet: Fleet): Digest;
	/** An event as a sentence, with the names that machines have now. */
	describe(fleet: Fleet, event: Event): string;
}

/** What the API counts. `adapters/metrics` keeps the numbers. */
interface ApiMetrics {
	/** `route` is the path of the route table, never what was asked for, so that the number of series is bounded. */
	http(request: { route: string; method: string; status: number; seconds: number }): void;
	/** `reason`: the code of the problem. */
	enrollmentRefused(reason: string): void;
	readers(count: number): void;
	readerDropped(reason: "too-slow" | "silent" | "not-allowed" | "bad-frame" | "log-unreadable"): void;
	/** All metrics in the text format of Prometheus. */
	text(): Promise<string>;
}

/** Boots that this coordinator observed. */
interface BootReader {
	/** The newest boot of every machine, the most urgent first. `more`: how many were left out. */
	list(filter: BootFilter): { boots: BootView[]; more: number };
	ofMachine(machineId: MachineId): BootView | undefined;
}

/** The files that machines download. Throws WorkRefused for what cannot be done now. */
export interface AssetStore {
	/** Where machines download from, without a slash at the end. */
	readonly base: string;
	list(): AssetView[];
	/** False where there was none of this name. */
	remove(name: string): Promise<boolean>;
	add(request: AssetRequest): AssetWork;
	receive(workId: string, offset: number, chunk: Buffer): Promise<AssetWork>;
	verify(): AssetWork;
	look(workId: string): AssetWork;
	underWay(): AssetWork[];
	stop(workId: string): AssetWork;
}

/** Snapshots of etcd, as far as the API needs them. */
interface SnapshotStore {
	/** Takes one now. `taken` is false when nothing had changed. Throws SnapshotError, EtcdError. */
	take(): Promise<{ readonly taken: boolean; readonly snapshot: EtcdSnapshot }>;
	/** Where an encrypted file lies; undefined where there is none. */
	file(sha256: Digest): Promise<{ readonly path: string } | undefined>;
}

/** Whoever checks the cluster when somebody asks. */
interface Checker {
	/** Throws WorkRefused while another check runs. */
	begin(wish: CheckRequest, by: string): CheckView;
	look(): CheckView | undefined;
	stop(): CheckView | undefined;
}

/** Hears who used the API, and what was refused for want of a right. It records now and then, never for each request. */
interface AccessListener {
	used(tokenId: string, from: string): void;
	refused(request: { by?: string | undefined; from: string; route: string; code: string }): void;
}

interface ApiConfig {
	readonly coordinatorId: string;
	readonly version: string;
	/** SHA-256 of the token that the coordinator made at its first start. It has the scope admin, unless the log says otherwise. */
	readonly adminTokenHash: Digest;
	/** When that was, in milliseconds since 1970. */
	readonly adminTokenMadeAt: number;
	/** True: `/metrics` needs no token when it is asked for from this host. */
	readonly metricsOnLoopback: boolean;
	/** The names by which the API may be called, in lower case; addresses always count. */
	readonly hosts: ReadonlySet<string>;
}

/** Everything that `buildApp` needs. */
export interface ApiDependencies {
	readonly core: Core;
	readonly credentials: Credentials;
	/** What an enrollment token says that the boot listener signed; undefined for any other. */
	readonly signedToken: (token: string) => SignedToken | undefined;
	readonly bus: Bus;
	readonly clock: Clock;
	readonly failpoint: Failpoint;
	readonly log: Logger;
	readonly projections: Projections;
	/** What targets are now; undefined where that has not been rendered yet. */
	readonly summary: SummaryIfKnown;
	readonly pki: Pick<Pki, "certify" | "freshTrust">;
	/** The authority of the listeners, where it is the fleet's own. */
	readonly listeners?: ListenerSuccession | undefined;
	readonly accounts: RegistryAccounts;
	readonly snapshots: SnapshotStore;
	readonly checker: Checker;
	/** The machines whose members of etcd answer a linearizable read now; undefined where nobody can be asked. */
	readonly askVoters: () => Promise<readonly MachineId[] | undefined>;
	/** Finds out which TPM a boot has. */
	readonly attester: Attester;
	/** Which MAC an address has on its link, by the neighbour table of this computer or of a relay there. */
	readonly observe: (address: string) => Promise<{ readonly mac?: Mac; readonly reason?: string }>;
	/** What a relay is to look for, for a request that it signed; undefined for any other. */
	readonly relay: (request: RelayRequest) => Promise<RelayReply | undefined>;
	readonly metrics: ApiMetrics;
	/** Who signs in with a provider; undefined where nobody can. */
	readonly people?: People | undefined;
	/** Who comes with a certificate; undefined where nobody can. */
	readonly holders?: CertificateHolders | undefined;
	/** Hears who used the API, and what was refused. */
	readonly access: AccessListener;
	readonly boots: BootReader;
	/** Undefined where machines do not boot from here. starting: soon they will. */
	readonly assets: () => AssetStore | "starting" | undefined;
	readonly config: ApiConfig;
	/** What the API shows over HTTPS; plain HTTP without it. */
	readonly tls?: ShownPair | undefined;
	/** What differs from `DEFAULT_LIMITS`. */
	readonly limits?: Partial<ApiLimits>;
	/** True in tests: every answer is checked against its schema before it is sent. */
	readonly checkAnswers?: boolean;
}

/** Who asks: the id of the token, for `by` in events, what he may do, and what he is limited to. */
export interface Caller {
	readonly name: string;
	readonly scope: ApiScope;
	readonly reach?: Reach;
	/** When the token of somebody who signed in, or a certificate, ends, in milliseconds since 1970. */
	readonly until?: number;
	/** True for who came with a certificate alone. */
	readonly byCertificate?: true;
}

/** The dependencies as routes see them. */
export interface Api extends Omit<ApiDependencies, "limits" | "checkAnswers"> {
	readonly limits: ApiLimits;
	/** The digest of the state, computed once per state. */
	stateDigest(): Digest;
	/** The OpenAPI document. */
	openApi(): Record<string, unknown>;
}
