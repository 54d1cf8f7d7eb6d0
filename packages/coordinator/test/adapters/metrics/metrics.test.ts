import test from "ava";
import { createMetrics } from "../../../src/adapters/metrics/metrics.ts";

test("what is counted is written out under its name", async (t) => {
	const metrics = createMetrics("1.2.3");
	metrics.event("machine-enrolled");
	metrics.event("machine-enrolled");
	metrics.append("stored", 0.001);
	metrics.append("conflict", 0.001);
	metrics.turn(0.002);
	metrics.badMessage("too-large");
	metrics.enrollmentRefused("token-used");
	metrics.http({ route: "/v1/status", method: "GET", status: 200, seconds: 0.01 });
	metrics.readers(3);
	metrics.readerDropped("too-slow");
	const text = await metrics.text();
	for (const line of [
		'rollcall_events_total{type="machine-enrolled"} 2',
		'rollcall_append_seconds_count{outcome="stored"} 1',
		'rollcall_append_seconds_count{outcome="conflict"} 1',
		"rollcall_turn_seconds_count 1",
		'rollcall_bad_messages_total{reason="too-large"} 1',
		'rollcall_enrollments_refused_total{reason="token-used"} 1',
		'rollcall_http_request_seconds_count{route="/v1/status",method="GET",status="200"} 1',
		"rollcall_stream_readers 3",
		'rollcall_stream_readers_dropped_total{reason="too-slow"} 1',
	]) {
		t.true(text.includes(line), line);
	}
	t.regex(text, /process_cpu_seconds_total/);
});

test("the fleet is read once per scrape, and only then", async (t) => {
	const metrics = createMetrics("1.2.3");
	await metrics.text();
	let reads = 0;
	metrics.observeFleet(() => {
		reads += 1;
		const none = {
			waiting: 0,
			rejected: 0,
			leaving: 0,
			idle: 0,
			assigned: 0,
			applying: 0,
			degraded: 0,
			failed: 0,
			suspect: 0,
			lost: 1,
		};
		return {
			...{
				seq: 42,
				leads: true,
				acts: false,
				machines: { ...none, ready: 9 },
				leases: { alive: 9, suspect: 0, lost: 1 },
			},
			seats: [{ slot: "cp", role: "control-plane", empty: 2 }],
			certificateEnds: [],
		};
	});
	t.is(reads, 0);
	const text = await metrics.text();
	t.is(reads, 1);
	t.regex(text, /rollcall_machines\{phase="ready"\} 9/);
	t.regex(text, /rollcall_leases\{lease="lost"\} 1/);
	t.regex(text, /rollcall_empty_seats\{slot="cp",role="control-plane"\} 2/);
	t.regex(text, /rollcall_log_seq 42/);
	t.regex(text, /rollcall_leader 1/);
	t.regex(text, /rollcall_acts 0/);
});

test("two coordinators in one process count apart", async (t) => {
	const [a, b] = [createMetrics("1.2.3"), createMetrics("1.2.3")];
	a.readers(5);
	t.regex(await a.text(), /rollcall_stream_readers 5/);
	t.regex(await b.text(), /rollcall_stream_readers 0/);
});

test("boots are shown by state, and their stages as percentiles of what was measured", async (t) => {
	const metrics = createMetrics("1.2.3");
	metrics.bootRefused("ignition");
	metrics.observeBoots(() => ({
		states: ["stuck", "done", "done"],
		durations: new Map([["kernel", Array.from({ length: 100 }, (_, n) => (n + 1) * 1000)]]),
	}));
	const text = await metrics.text();
	for (const line of [
		'rollcall_boots{state="stuck"} 1',
		'rollcall_boots{state="done"} 2',
		'rollcall_boots{state="held"} 0',
		'rollcall_boot_stage_seconds{stage="kernel",percentile="50"} 50',
		'rollcall_boot_stage_seconds{stage="kernel",percentile="99"} 99',
		'rollcall_boot_stage_reached{stage="kernel"} 100',
		'rollcall_boot_refusals_total{stage="ignition"} 1',
	]) {
		t.true(text.includes(line), line);
	}
});
