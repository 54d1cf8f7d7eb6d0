import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { parseDuration, parsePorts } from "../../src/render/argument-forms.ts";
import { changed, testRefusals } from "./refusal.ts";

const given = (owner: string, text: string) =>
	changed('version: "1.36"', `version: "1.36"\n  extraArguments: { ${owner}: { ${text} } }`);
const at = (owner: string, name: string) => `kubernetes.extraArguments.${owner}.${name}`;

const REFUSED: readonly (readonly [string, string, string])[] = [
	["apiServer", "event-ttl", "90"],
	["apiServer", "event-ttl", "1d"],
	["apiServer", "max-requests-inflight", "1e400"],
	["apiServer", "max-requests-inflight", "99999999999999999999"],
	["apiServer", "max-requests-inflight", "0400"],
	["apiServer", "service-node-port-range", "30000"],
	["apiServer", "service-node-port-range", "30000-70000"],
	["apiServer", "watch-cache", "on"],
	["apiServer", "goaway-chance", "0.5"],
	["apiServer", "service-account-max-token-expiration", "10m"],
	["apiServer", "audit-log-mode", "none"],
	["apiServer", "watch-cache-sizes", "pods=100"],
	["controllerManager", "concurrent-gc-syncs", "many"],
	["controllerManager", "node-monitor-grace-period", "40"],
	["controllerManager", "node-eviction-rate", "0,1"],
	["scheduler", "v", "debug"],
	["scheduler", "vmodule", "reflector"],
	["etcd", "pre-vote", "yes"],
	["etcd", "log-level", "trace"],
	["etcd", "auto-compaction-retention", "5 minutes"],
	["kubelet", "v", "2.5"],
];

testRefusals(
	REFUSED.map(([owner, name, value]) => [
		`${value} as the value of ${name}`,
		given(owner, `${name}: ${JSON.stringify(value)}`),
		at(owner, name),
		/ would not start with it$/,
		/./,
	]),
);

testRefusals([
	[
		"a lease that is shorter than its renewal",
		given("controllerManager", 'leader-elect-lease-duration: "10s"'),
		at("controllerManager", "leader-elect-lease-duration"),
		/not longer than the 10 s/,
		/longer lease-duration/,
	],
	[
		"a renewal that is shorter than a try",
		given("controllerManager", 'leader-elect-retry-period: "9s"'),
		at("controllerManager", "leader-elect-retry-period"),
		/a try every 9 s/,
		/retry-period below/,
	],
	[
		"an election of etcd that is shorter than five heartbeats",
		given("etcd", 'heartbeat-interval: "500"'),
		at("etcd", "heartbeat-interval"),
		/election-timeout of 1000 ms/,
		/five heartbeats/,
	],
]);

test("values that the components take are taken", (t) => {
	for (const text of [
		given("apiServer", 'event-ttl: 1h30m, service-node-port-range: 30000+100, goaway-chance: "0.001", v: "4"'),
		given("controllerManager", 'kube-api-qps: "-1", node-eviction-rate: "0.5", vmodule: "lease=4,node*=2"'),
		given("etcd", 'heartbeat-interval: "300", election-timeout: "3000", auto-compaction-retention: "1"'),
	])
		t.like(parseDocument(text), { ok: true });
});

test("ports of services that nodes need themselves are warned of", (t) => {
	const parsed = parseDocument(given("apiServer", "service-node-port-range: 6000-7443"));
	const text = "nodes need 6443, 7443 of these ports themselves";
	t.true(parsed.ok && parsed.warnings.some((warning) => warning.includes(text)));
});

test("lengths of time and ranges of ports are read as Go and Kubernetes read them", (t) => {
	t.deepEqual(["1h30m", "1.5h", ".5s", "100ms", "0", "+5s"].map(parseDuration), [5400, 5400, 0.5, 0.1, 0, 5]);
	t.deepEqual(["", "1", "1 h", "-5s", "s", "1e3s", "9999999999h"].map(parseDuration), Array(7).fill(undefined));
	t.deepEqual(["80-90", "80+10"].map(parsePorts), Array(2).fill({ first: 80, last: 90 }));
	t.deepEqual(["90-80", "0-1", "1-65536", "80", "80-"].map(parsePorts), Array(5).fill(undefined));
});
