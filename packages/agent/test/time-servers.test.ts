import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Facts, TimeFile, TimeService } from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { createSource } from "../src/adapters/facts/read-text.ts";
import { readTimeService } from "../src/adapters/facts/time-service.ts";
import { createTimeFiles } from "../src/adapters/files/time-files.ts";
import { UnitError } from "../src/errors.ts";
import { createTimeServers } from "../src/loop/time-servers.ts";
import { createKeptLog } from "./support/parts.ts";

function put(root: string, files: Record<string, string>): void {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
}

const TIMESYNCD = { "usr/lib/systemd/systemd-timesyncd": "" };
const CHRONYD = { "usr/sbin/chronyd": "" };

for (const [words, files, expected] of [
	["nothing is known", {}, undefined],
	["systemd-timesyncd", TIMESYNCD, "/run/systemd/timesyncd.conf.d/50-rollcall.conf systemd-timesyncd.service"],
	[
		"Debian's chrony",
		{
			...CHRONYD,
			"usr/lib/systemd/system/chrony.service": "",
			"etc/chrony/chrony.conf":
				"pool 2.debian.pool.ntp.org iburst\n sourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d/\n",
		},
		"/etc/chrony/sources.d/rollcall.sources chrony.service",
	],
	[
		"Fedora's chrony beside a systemd-timesyncd that is not used",
		{
			...TIMESYNCD,
			...CHRONYD,
			"etc/chrony.conf": "# Use NTP servers from DHCP.\nsourcedir /run/chrony-dhcp\nmakestep 1.0 3\n",
		},
		"/run/chrony-dhcp/rollcall.sources chronyd.service",
	],
	[
		"a chrony that reads sources from nowhere",
		{ ...CHRONYD, "etc/chrony.conf": "#sourcedir /run/chrony-dhcp\nserver a\n" },
		undefined,
	],
] as const)
	test(`what sets a machine's clock is found: ${words}`, (t) => {
		const root = ownFolder(t);
		put(root, files);
		const found = readTimeService(createSource(root));
		t.is(found && `${found.path} ${found.unit}`, expected);
	});

const SERVICE: TimeService = {
	kind: "timesyncd",
	unit: "systemd-timesyncd.service",
	path: "/run/systemd/timesyncd.conf.d/50-rollcall.conf",
};
const FILE: TimeFile = { path: SERVICE.path, unit: SERVICE.unit, content: "[Time]\nNTP=a\n" };

test("time servers are written and the service begins anew when they change, only then, and again when it could not", async (t) => {
	const root = ownFolder(t);
	const restarts: string[] = [];
	let broken = false;
	const log = createKeptLog();
	const servers = createTimeServers({
		timeFiles: createTimeFiles(root),
		units: {
			restart: async (unit) => {
				if (broken) throw new UnitError(`${unit}: Unit not found`);
				restarts.push(unit);
			},
		},
		facts: async () => ({ timeService: SERVICE }) as Facts,
		log,
	});
	const path = join(root, FILE.path);
	await servers.follow(undefined);
	t.deepEqual(restarts, []);
	await Promise.all([servers.follow(FILE), servers.follow(FILE)]);
	t.is(readFileSync(path, "utf8"), FILE.content);
	t.is(restarts.length, 1);
	broken = true;
	await servers.follow({ ...FILE, content: "[Time]\nNTP=b\n" });
	await servers.follow({ ...FILE, content: "[Time]\nNTP=b\n" });
	t.is(restarts.length, 1);
	broken = false;
	await servers.follow({ ...FILE, content: "[Time]\nNTP=b\n" });
	t.is(restarts.length, 2);
	await servers.follow(undefined);
	t.false(existsSync(path));
	t.deepEqual(restarts, Array(3).fill(SERVICE.unit));
});
