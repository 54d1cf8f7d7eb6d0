import { ClusterDocument } from "@rollcall/protocol";
import test from "ava";
import { timeFile } from "../../src/render/time-file.ts";

function declared(time: unknown) {
	return ClusterDocument.safeParse({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "lab",
		kubernetes: { version: "1.36.2" },
		slots: [{ name: "w", role: "worker", count: 1 }],
		...(time === undefined ? {} : { time }),
	});
}

const SERVERS = ["ntp1.example", "192.0.2.1", "2001:db8::1"];

test("time servers are written as the machine's own time service reads them", (t) => {
	const document = declared({ servers: SERVERS }).data as ClusterDocument;
	const timesyncd = {
		kind: "timesyncd",
		unit: "systemd-timesyncd.service",
		path: "/run/systemd/timesyncd.conf.d/50-rollcall.conf",
	} as const;
	t.deepEqual(timeFile(document, { timeService: timesyncd }), {
		path: timesyncd.path,
		unit: timesyncd.unit,
		content: "[Time]\nNTP=ntp1.example 192.0.2.1 2001:db8::1\n",
	});
	const chrony = { kind: "chrony", unit: "chronyd.service", path: "/run/chrony-dhcp/rollcall.sources" } as const;
	t.is(
		timeFile(document, { timeService: chrony })?.content,
		"server ntp1.example iburst\nserver 192.0.2.1 iburst\nserver 2001:db8::1 iburst\n",
	);
	t.is(timeFile(document, {}), undefined);
	t.is(timeFile(declared(undefined).data as ClusterDocument, { timeService: chrony }), undefined);
});

test("what is no time server is refused: nothing reaches a configuration that could be more than one", (t) => {
	for (const server of [
		"",
		"a b",
		"a\nserver b",
		"-x",
		"a;b",
		"[Time]",
		"a..b",
		"1.2.3",
		"ntp.example.",
		"a#b",
		"x".repeat(64),
	])
		t.false(declared({ servers: [server] }).success, server);
	t.false(declared({ servers: [] }).success);
	t.false(declared({ servers: Array.from({ length: 9 }, (_, index) => `ntp${index}`) }).success);
	t.true(declared({ servers: ["time", "0.debian.pool.ntp.org", "NTP-1.lan"] }).success);
});
