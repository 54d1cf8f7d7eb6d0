import type { EventType, LeaseState, MachinePhase } from "@rollcall/protocol";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type BootReading, bootGauges } from "./boot-gauges.ts";

/** What is read from the state when somebody asks for the metrics. */
export interface FleetReading {
	readonly seq: number;
	readonly leads: boolean;
	readonly machines: Readonly<Record<MachinePhase, number>>;
	readonly leases: Readonly<Record<LeaseState, number>>;
}

/** The counters of one coordinator, in a registry of its own. Every method is cheap enough for every message. */
export interface Metrics {
	/** Says where the numbers about the fleet come from; asked once per scrape. */
	observeFleet(read: () => FleetReading): void;
	/** An event was recorded. */
	event(type: EventType): void;
	/** An entry was appended, or not: `conflict` and `unavailable` are the errors of the log. */
	append(outcome: "stored" | "conflict" | "unavailable", seconds: number): void;
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

/** Makes the metrics. Names follow Prometheus' rules: base units, `_total` for counters. */
export function createMetrics(): Metrics {
	const registry = new Registry();
	const registers = [registry];
	collectDefaultMetrics({ register: registry });

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

	const fleet = fleetGauges(registry);
	const boots = bootGauges(registry);
	return {
		observeFleet: fleet.observe,
		event: (type) => events.inc({ type }),
		append: (outcome, seconds) => appends.observe({ outcome }, seconds),
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
	const seq = new Gauge({ name: "rollcall_log_seq", help: "Number of the last event in the state", registers });
	const leads = new Gauge({ name: "rollcall_leader", help: "1 while this coordinator leads", registers });
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
			seq.set(reading.seq);
			leads.set(reading.leads ? 1 : 0);
		},
	};
}
