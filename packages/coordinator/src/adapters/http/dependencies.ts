import type {
	AssetRequest,
	AssetView,
	AssetWork,
	BootView,
	ClusterDocument,
	Digest,
	EtcdSnapshot,
	Event,
	MachineId,
	MachineView,
	Plan,
	Problem,
	Why,
} from "@rollcall/protocol";
import type { Logger } from "pino";
import type { BootFilter } from "../../boot/waterfall/boot-view.ts";
import type { Fleet, Machine } from "../../domain/fleet.ts";
import type { Rendered, SummaryIfKnown } from "../../domain/observed.ts";
import type { Bus, Clock, Core, Credentials, Failpoint, Pki } from "../../ports.ts";
import type { ApiLimits } from "./limits.ts";

/** A cluster document that was read from text, or what is wrong with it (`document-invalid`, with all findings). */
export type ParsedDocument =
	| {
			readonly ok: true;
			readonly document: ClusterDocument;
			readonly digest: Digest;
			readonly warnings: readonly string[];
	  }
	| { readonly ok: false; readonly problem: Problem };

/** How the state is shown: pure functions of the domain and the renderer, joined by `main`. */
export interface Projections {
	parseDocument(text: string): ParsedDocument;
	machineView(fleet: Fleet, machine: Machine): MachineView;
	/** `events`: those of the machine's trail and of the causes behind them, oldest first. */
	why(fleet: Fleet, machine: Machine, events: readonly Event[]): Why;
	plan(fleet: Fleet, declared: { document: ClusterDocument; digest: Digest; warnings: readonly string[] }): Plan;
	/** What the machine's seat means for it; undefined when it has none. */
	target(fleet: Fleet, machine: Machine): Rendered | undefined;
	stateDigest(fleet: Fleet): Digest;
	/** An event as a sentence. */
	describe(event: Event): string;
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

/** What this coordinator saw of boots. */
interface BootReader {
	/** The newest boot of every machine, the most urgent first. `more`: how many were left out. */
	list(filter: BootFilter): { boots: BootView[]; more: number };
	ofMachine(machineId: MachineId): BootView | undefined;
}

/** The files that machines download. What cannot be done now is thrown as a `WorkRefused` (see `adapters/boot`). */
export interface AssetStore {
	list(): AssetView[];
	/** False where there was none of this name. */
	remove(name: string): Promise<boolean>;
	add(request: AssetRequest): AssetWork;
	receive(workId: string, offset: number, chunk: Buffer): Promise<AssetWork>;
	verify(): AssetWork;
	look(workId: string): AssetWork;
}

/** Snapshots of etcd, as far as the API needs them. */
interface SnapshotStore {
	/** Takes one now. `taken` is false when nothing had changed. Throws SnapshotError, EtcdError. */
	take(): Promise<{ readonly taken: boolean; readonly snapshot: EtcdSnapshot }>;
	/** Where an encrypted file lies; undefined where there is none. */
	file(sha256: Digest): Promise<{ readonly path: string } | undefined>;
}

interface ApiConfig {
	readonly coordinatorId: string;
	readonly version: string;
	/** SHA-256 of the token that the coordinator made at its first start. It has the scope admin, unless the log says otherwise. */
	readonly adminTokenHash: Digest;
	/** True: `/metrics` needs no token when it is asked for from this host. */
	readonly metricsOnLoopback: boolean;
	/** Origins whose pages may open the event stream. A browser always sends one, the command line never does. */
	readonly allowedOrigins: readonly string[];
}

/** Everything that `buildApp` needs. */
export interface ApiDependencies {
	readonly core: Core;
	readonly credentials: Credentials;
	readonly bus: Bus;
	readonly clock: Clock;
	readonly failpoint: Failpoint;
	readonly log: Logger;
	readonly projections: Projections;
	/** What targets are now; undefined where that has not been rendered yet. */
	readonly summary: SummaryIfKnown;
	readonly pki: Pick<Pki, "certify" | "freshTrust">;
	readonly snapshots: SnapshotStore;
	readonly metrics: ApiMetrics;
	readonly boots: BootReader;
	/** Undefined where machines do not boot from here. starting: soon they will. */
	readonly assets: () => AssetStore | "starting" | undefined;
	readonly config: ApiConfig;
	/** What differs from `DEFAULT_LIMITS`. */
	readonly limits?: Partial<ApiLimits>;
	/** True in tests: every answer is checked against its schema before it is sent. */
	readonly checkAnswers?: boolean;
}

/** Who asks: the id of the token, for `by` in events, and what it may do. */
export interface Caller {
	readonly tokenId: string;
	readonly scope: "read" | "admin";
}

/** The dependencies as routes see them. */
export interface Api extends Omit<ApiDependencies, "limits" | "checkAnswers"> {
	readonly limits: ApiLimits;
	/** The digest of the state, computed once per state. */
	stateDigest(): Digest;
	/** The OpenAPI document. */
	openApi(): Record<string, unknown>;
}
