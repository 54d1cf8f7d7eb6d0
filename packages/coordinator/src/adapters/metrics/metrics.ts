import type { EventType, LeaseState, MachinePhase } from "@rollcall/protocol";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type BootReading, bootGauges } from "./boot-gauges.ts";

/** What is read from the state when somebody asks for the metrics. */
export interface FleetReading {
	readonly seq: number;
	readonly leads: boolean;
	/** It may change something outside of the log. */
	readonly acts: boolean;
	readonly machines: Readonly<Record<MachinePhase, number>>;
	readonly leases: Readonly<Record<LeaseState, number>>;
	/** Slots with seats that nobody holds. */
	readonly seats: readonly { readonly slot: string; readonly role: string; readonly empty: number }[];
	/** Age of etcd's newest snapshot; absent where there is none. */
	readonly snapshotAgeSeconds?: number;
	/** How long the certificate of each kind lives on that ends first. */
	readonly certificateEnds: readonly { readonly kind: string; readonly seconds: number }[];
}

/** The counters of one coordinator, in a registry of its own. Every method is cheap enough for every message. */
export interface Metrics {
	/** Says where the numbers about the fleet come from; asked once per scrape. */
	observeFleet(read: () => FleetReading): void;
	/** An event was recorded. */
	event(type: EventType): void;
	/** An entry was appended, or not: `conflict` and `unavailable` are the errors of the log. */
	append(outcome: "stored" | "conflict" | "unavailable", seconds: number): void;
	/** How large the log is; undefined: it is not known here any more, since another coordinator leads. */
	logSize(size: { readonly bytes: number; readonly maxBytes?: number | undefined } | undefined): void;
	/** One turn of the loop is over. */
	turn(seconds: number): void;
	/** A message from the bus was thrown away. `reason`: a problem code, or another word of a short fixed list. */
	badMessage(reason: string): void;
	/** An enrollment was refused; `reason` is the code of the problem. */
	enrollmentRefused(reason: string): void;
	http(request: { route: string; method: string; status: number; seconds: number }): void;
	readers(count: number): void;
	readerDropped(reason: string): void;
	/** Says where the numbers about boots come from; asked once per scrape. */
	observeBoots(read: () => BootReading): void;
	/** A boot answer was refused. */
	bootRefused(stage: string): void;
	/** All metrics in the text format of Prometheus. */
	text(): Promise<string>;
}

const TURN_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** How often the event loop's lag is looked at: each look wakes an idle process, a hundred times a second without this. */
const LAG_EVERY_MS = 100;

/** Makes the metrics. Names follow Prometheus' rules: base units, `_total` for counters. */
export function createMetrics(version: string): Metrics {
	const registry = new Registry();
	const registers = [registry];
	collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_EVERY_MS });
	// The sums of gauges beside them, under names that are for counters alone.
	for (const what of ["resources", "handles", "requests"]) registry.removeSingleMetric(`nodejs_active_${what}_total`);
	new Gauge({
		name: "rollcall_build_info",
		help: "1, with the versions of the coordinator and of its Node",
		labelNames: ["version", "node"],
		registers,
	}).set({ version, node: process.version }, 1);

	const events = new Counter({
		name: "rollcall_events_total",
		help: "Recorded events",
		labelNames: ["type"],
		registers,
	});
	const appends = new Histogram({
		name: "rollcall_append_seconds",
		help: "Time that appending an entry to the log took",
		labelNames: ["outcome"],
		buckets: TURN_BUCKETS,
		registers,
	});
	const turns = new Histogram({
		name: "rollcall_turn_seconds",
		help: "Time that a turn of the loop took, append included",
		buckets: TURN_BUCKETS,
		registers,
	});
	const bad = new Counter({
		name: "rollcall_bad_messages_total",
		help: "Messages from the bus that were thrown away",
		labelNames: ["reason"],
		registers,
	});
	const refused = new Counter({
		name: "rollcall_enrollments_refused_total",
		help: "Enrollments that were refused",
		labelNames: ["reason"],
		registers,
	});
	const requests = new Histogram({
		name: "rollcall_http_request_seconds",
		help: "Time until an HTTP request was answered",
		labelNames: ["route", "method", "status"],
		registers,
	});
	const readers = new Gauge({ name: "rollcall_stream_readers", help: "Open event streams", registers });
	const dropped = new Counter({
		name: "rollcall_stream_readers_dropped_total",
		help: "Event streams that the coordinator ended",
		labelNames: ["reason"],
		registers,
	});

	const logBytes = new Gauge({ name: "rollcall_log_bytes", help: "Size of the event log; of the leader", registers });
	const logFree = new Gauge({
		name: "rollcall_log_free_bytes",
		help: "What may still be added to the event log, where it has a bound; of the leader",
		registers,
	});
	const fleet = fleetGauges(registry);
	const boots = bootGauges(registry);
	return {
		observeFleet: fleet.observe,
		event: (type) => events.inc({ type }),
		append: (outcome, seconds) => appends.observe({ outcome }, seconds),
		logSize: (size) => {
			// `reset` alone would leave a 0.
			logBytes.remove();
			logFree.remove();
			if (!size) return;
			logBytes.set(size.bytes);
			if (size.maxBytes !== undefined) logFree.set(Math.max(0, size.maxBytes - size.bytes));
		},
		turn: (seconds) => turns.observe(seconds),
		badMessage: (reason) => bad.inc({ reason }),
		enrollmentRefused: (reason) => refused.inc({ reason }),
		http: ({ seconds, ...labels }) => requests.observe(labels, seconds),
		readers: (count) => readers.set(count),
		readerDropped: (reason) => dropped.inc({ reason }),
		observeBoots: boots.observe,
		bootRefused: boots.refused,
		text: () => {
			fleet.read();
			boots.read();
			return registry.metrics();
		},
	};
}

/** Gauges that are filled from the state just before the metrics are written out. */
function fleetGauges(registry: Registry): { observe(read: () => FleetReading): void; read(): void } {
	const registers = [registry];
	const machines = new Gauge({
		name: "rollcall_machines",
		help: "Machines by phase",
		labelNames: ["phase"],
		registers,
	});
	const leases = new Gauge({ name: "rollcall_leases", help: "Machines by lease", labelNames: ["lease"], registers });
	const empty = new Gauge({
		name: "rollcall_empty_seats",
		help: "Declared seats that no machine holds, by slot",
		labelNames: ["slot", "role"],
		registers,
	});
	const snapshotAge = new Gauge({
		name: "rollcall_etcd_snapshot_age_seconds",
		help: "Age of etcd's newest snapshot",
		registers,
	});
	const ends = new Gauge({
		name: "rollcall_certificate_end_seconds",
		help: "Time until the certificate of a kind ends that ends first; below 0 once it has",
		labelNames: ["kind"],
		registers,
	});
	const seq = new Gauge({ name: "rollcall_log_seq", help: "Number of the last event in the state", registers });
	const leads = new Gauge({ name: "rollcall_leader", help: "1 while this coordinator leads", registers });
	const acts = new Gauge({
		name: "rollcall_acts",
		help: "1 while this coordinator leads and nobody else can believe that he does",
		registers,
	});
	let source: (() => FleetReading) | undefined;
	return {
		observe(read) {
			source = read;
		},
		read() {
			if (!source) return;
			const reading = source();
			for (const [phase, count] of Object.entries(reading.machines)) machines.set({ phase }, count);
			for (const [lease, count] of Object.entries(reading.leases)) leases.set({ lease }, count);
			empty.reset();
			for (const { slot, role, empty: count } of reading.seats) empty.set({ slot, role }, count);
			// Without a snapshot there is no age: 0 would be a fresh one.
			snapshotAge.remove();
			if (reading.snapshotAgeSeconds !== undefined) snapshotAge.set(reading.snapshotAgeSeconds);
			ends.reset();
			for (const { kind, seconds } of reading.certificateEnds) ends.set({ kind }, seconds);
			seq.set(reading.seq);
			leads.set(reading.leads ? 1 : 0);
			acts.set(reading.acts ? 1 : 0);
		},
	};
}
